"""Print pip constraints that pin every dependency to the lower bound in pyproject.toml.

python tools/lower_bounds.py > constraints.txt && pip install -c constraints.txt '.[test]'
"""

import re
import tomllib
from pathlib import Path


def main() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        match = re.fullmatch(r"([\w.-]+)>=([\w.]+)(?:; .*)?", requirement)
        if match is None:
            raise SystemExit(f"“{requirement}” has no lower bound")
        print(f"{match[1]}=={match[2]}")


if __name__ == "__main__":
    main()
