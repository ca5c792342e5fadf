"""A handler that stays warm: an event a line on stdin, its answer a line on stdout, until stdin ends.

python -m local.http_front.warm_process --function functions/api/handler.py
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

from local.lambda_runtime.worker import Function

logger = logging.getLogger(__name__)


def main() -> int:
    """Answer until stdin ends. What the handler prints goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m local.http_front.warm_process", description=__doc__)
    parser.add_argument("--function", type=Path, required=True, help="a handler.py with lambda_handler")
    parser.add_argument("--timeout", type=float, default=29, help="seconds until the function is ended")
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    function = Function.load(options.function, options.timeout)
    for line in sys.stdin:
        try:
            said = {"answer": function(json.loads(line))}
        except Exception as error:
            logger.exception("the function failed")
            said = {"failed": type(error).__name__}
        answers.write(json.dumps(said) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
