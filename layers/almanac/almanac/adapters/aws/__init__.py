"""SQS, Secrets Manager, CloudWatch and CloudFormation behind the ports."""
