"""Blocks of habits and meetings, whose they are, and who is a member: what plans and the product do, too."""

from uuid import UUID, uuid4

from tests.histories.two_ways.people import ADA, BOB
from tests.histories.two_ways.world import World

_EVENT = (
    "WITH e AS (INSERT INTO workspace_calendar_events (id, ws_id, title, start_at, end_at)"
    " VALUES (:id, :ws, :title, :start, :end) RETURNING id, start_at)"
)
_HAND_OVER = {
    "task": "UPDATE task_calendar_events SET user_id = :person WHERE ws_id = :ws AND task_id = :item",
    "habit": "UPDATE workspace_habits SET user_id = :person WHERE ws_id = :ws AND id = :item",
    "meeting": "UPDATE meetings SET creator_id = :person WHERE ws_id = :ws AND id = :item",
}
_REFUSED = {
    "task": "SELECT 1 FROM refused_slots WHERE ws_id = :ws AND task_id = :item",
    "habit": "SELECT 1 FROM habit_skipped_occurrences WHERE ws_id = :ws AND habit_id = :item AND revoked_at IS NULL"
    " UNION ALL SELECT 1 FROM refused_habit_slots WHERE ws_id = :ws AND habit_id = :item",
    "meeting": "SELECT 1 FROM refused_meeting_slots WHERE ws_id = :ws AND meeting_id = :item",
}


class Plans:
    """What plans make of habits and meetings, and who does what."""

    def __init__(self, world: World) -> None:
        self._world = world

    def habit(self, pick: int, value: int) -> None:
        """A plan puts a block of a habit somewhere; who deletes it skips the day, or has it planned anew."""
        world, item = self._world, uuid4()
        number, person = world.next_number(), world.person(pick)
        world.run(
            "INSERT INTO workspace_habits (id, ws_id, name, user_id, when_block_deleted)"
            " VALUES (:id, :ws, 'Habit', :person, :deleted)",
            id=item,
            person=person,
            deleted=("skip", "replan")[value % 2],
        )
        event_id = world.new_id(number)
        world.note_block(event_id, "habit", item, person)
        world.run(
            _EVENT
            + " INSERT INTO habit_calendar_events (event_id, ws_id, habit_id, occurrence_date, scheduled_minutes)"
            " SELECT id, :ws, :item, (start_at AT TIME ZONE 'Europe/Berlin')::date, 60 FROM e",
            **world.values(event_id, number),
            item=item,
        )

    def meeting(self, pick: int, value: int) -> None:
        """A plan finds a time for a meeting of Ada's with Bob, who need not come half of the time."""
        world, item = self._world, uuid4()
        number, person = world.next_number(), world.person(pick)
        world.run(
            "WITH m AS (INSERT INTO meetings (id, ws_id, creator_id, title) VALUES (:id, :ws, :person, 'Meeting')"
            " RETURNING id) INSERT INTO meeting_attendees (meeting_id, ws_id, user_id, is_optional)"
            " SELECT m.id, :ws, p.user_id, p.optional FROM m, (VALUES ('ada', false), ('bob', :optional::boolean))"
            " AS p (user_id, optional)",
            id=item,
            person=person,
            optional=value % 2 == 1,
        )
        event_id = world.new_id(number)
        world.people.common.add(str(event_id))
        world.note_block(event_id, "meeting", item, person)
        world.run(
            _EVENT + " INSERT INTO meeting_calendar_events (event_id, ws_id, meeting_id, attending, scheduled_minutes)"
            " SELECT id, :ws, :item, :attending::text[], 60 FROM e",
            **world.values(event_id, number),
            item=item,
            attending="{ada}" if value % 4 == 3 else "{ada,bob}",  # who need not come may be left out
        )

    def attend(self, pick: int, value: int) -> None:
        """Bob must come to a meeting, need not, or is not asked at all any more."""
        for _, item in self._items(pick, "meeting"):
            if value % 3 == 2:
                self._world.run(
                    "DELETE FROM meeting_attendees WHERE ws_id = :ws AND meeting_id = :item AND user_id = 'bob'",
                    item=item,
                )
            else:
                self._world.run(
                    "INSERT INTO meeting_attendees (meeting_id, ws_id, user_id, is_optional)"
                    " VALUES (:item, :ws, 'bob', :optional::boolean)"
                    " ON CONFLICT (meeting_id, user_id) DO UPDATE SET is_optional = excluded.is_optional",
                    item=item,
                    optional=value % 3 == 1,
                )

    def hand_over(self, pick: int, value: int) -> None:
        """What a block is a piece of is somebody else's from now on, or the default member's."""
        for row, item in self._items(pick):
            kind, person = self._world.items[row][0], self._world.person(value)
            self._world.people.note(row, person)
            if self._world.people.target(row) is None:  # what people did where it was is no matter of anybody's now
                self._world.hands.lose({row})
            self._world.run(_HAND_OVER[kind], item=item, person=person)

    def _items(self, pick: int, kind: str | None = None) -> list[tuple[str, UUID]]:
        """One of the blocks that are there, with its item."""
        rows = self._world.run(
            "SELECT e.id FROM workspace_calendar_events e WHERE e.ws_id = :ws AND e.provider = 'almanac'"
            " AND almanac_is_block(e.id) ORDER BY e.created_at, e.id"
        )
        blocks = [row[0] for row in rows if kind in (None, self._world.items[str(row[0])][0])]
        return (
            [(str(row), self._world.items[str(row)][1]) for row in blocks[pick % len(blocks) :][:1]] if blocks else []
        )

    def member(self, pick: int, value: int) -> None:
        """Somebody leaves the workspace, and mostly a plan takes what is ahead of theirs away; or they are back."""
        world, user = self._world, (BOB, ADA)[pick % 4 == 0]
        people = world.people
        if user not in people.members:
            people.members.append(user)
            people.targets[user] = None
            people.note_targets()
            world.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, :user)", user=user)
            return
        theirs = [UUID(row) for row, person in people.persons.items() if person == user and row in world.hands.blocks]
        people.members.remove(user)
        people.note_targets()
        world.hands.forget_all()
        world.run("DELETE FROM workspace_members WHERE ws_id = :ws AND user_id = :user", user=user)
        if value % 4:
            gone = world.run(
                "DELETE FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac' AND NOT locked"
                " AND id = ANY (:rows::uuid[]) RETURNING id",
                rows=theirs,
            )
            world.deleted += sorted(row[0] for row in gone)


def not_refused(world: World) -> list[str]:
    """Return blocks that a person has deleted, and whose slot, or day, is free to be planned again all the same."""
    removed = world.hands.refused - {str(row) for row in world.deleted}
    items = {row: world.items[row] for row in sorted(removed) if row in world.items}
    return [f"{kind} of {row}" for row, (kind, item) in items.items() if not world.run(_REFUSED[kind], item=item)]
