"""Makes src/config/testdata/luigi_cfg_golden.txt: random luigi.cfg files and what Luigi reads.

Luigi's own parser says it. One line a case; the format stands in luigi_cfg_test.cc. Needs luigi.

    python tests/config/golden.py > src/config/testdata/luigi_cfg_golden.txt
"""

from __future__ import annotations

import configparser
import os
import random
import tempfile

from luigi.configuration.cfg_parser import LuigiConfigParser

SEED = 715
CASES = 2500
VARIABLES = {"HOME": "/home/me", "EMPTY": "", "A b": "odd"}

SECTIONS = ["core", "scheduler", "DEFAULT", "a b", "x]y", "A", "a"]
KEYS = ["k", "K", "retry_delay", "retry-delay", "a b", "base", "dir"]
PLAIN_PIECES = ["1", "value", "%(k)s", "${HOME}"]
PIECES = [
    *PLAIN_PIECES,
    *["%(base)s", "%(dir)s/x", "%%", "%", "%(", "%()s", "%(k)", "%(no)s"],
    *["${EMPTY}", "${NOT}", "${}", "${", "}", "${A b}", "${}}"],
    *["; not a comment", "# nor this", " ", "=", ":", "[z]", "\t", "ü"],
]
ODD_LINES = ["[]", "[", "x", "]", "[a", "=", ":", "= 1", "\x0b", "[]]", "[a]b]"]


def value(rng: random.Random) -> str:
    pieces = PLAIN_PIECES if rng.random() < 0.6 else PIECES
    return "".join(rng.choice(pieces) for _ in range(rng.choice([0, 1, 1, 1, 2, 3])))


def line(rng: random.Random) -> str:
    indent = rng.choice(["", "", "", "", " ", "  ", "\t", "    "])
    kind = rng.random()
    if kind < 0.2:
        after = rng.choice(["", "", "", " ; c", "]", " x", "  "])
        return indent * (rng.random() < 0.2) + f"[{rng.choice(SECTIONS)}]{after}"
    if kind < 0.65:
        key = rng.choice(KEYS) if rng.random() < 0.99 else ""
        key += str(rng.randint(0, 30)) if rng.random() < 0.6 else ""
        sign = rng.choice(["=", " = ", ":", " : ", "  =", "= "])
        return indent + key + sign + value(rng)
    if kind < 0.8:
        return rng.choice(["  ", "   ", "\t", "     "]) + value(rng)
    if kind < 0.88:
        return rng.choice(["", "", " ", "\t", "   "])
    if kind < 0.98:
        return indent + rng.choice("#;") + value(rng)
    return rng.choice(ODD_LINES)


def text(rng: random.Random) -> str:
    end = rng.choice(["\n", "\n", "\n", "\r\n", "\r"])
    first = [f"[{rng.choice(SECTIONS)}]"] if rng.random() < 0.97 else []
    lines = first + [line(rng) for _ in range(rng.randint(0, 12))]
    return end.join(lines) + (end if rng.random() < 0.9 else "")


def read(content: str) -> LuigiConfigParser | None:
    parser = LuigiConfigParser()
    with tempfile.NamedTemporaryFile("wb", suffix=".cfg") as file:
        file.write(content.encode())
        file.flush()
        try:
            parser.read([file.name], encoding="utf-8")
        except configparser.Error:
            return None
    return parser


def coded(content: str) -> str:
    return "x" + content.encode().hex()


def main() -> None:
    rng = random.Random(SEED)
    os.environ.clear()
    os.environ.update(VARIABLES)
    print("# made by tests/config/golden.py from Luigi's own parser; see luigi_cfg_test.cc")
    for _ in range(CASES):
        content = text(rng)
        parser = read(content)
        if parser is None:
            print(coded(content), "error")
            continue
        words = [coded(content), "ok"]
        for section in [*sorted(parser.sections()), "DEFAULT"]:
            own = parser._defaults if section == "DEFAULT" else parser._sections[section]
            for key in sorted(own):
                try:
                    # Not Luigi's get(), which tries spellings: the key itself.
                    found = coded(configparser.ConfigParser.get(parser, section, key))
                except configparser.InterpolationError:
                    found = "-"
                words += [coded(section), coded(key), found]
        print(*words)


if __name__ == "__main__":
    main()
