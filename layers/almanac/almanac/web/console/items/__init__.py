"""What the pages of tasks, habits and meetings have alike: fields of their forms, the notes of the last plan."""
