"""Changes of bytes, of text and of trees of plain data; each takes the random generator first."""

import copy

MARKUP = (
    'x" onload="alert(1)', "<script>alert(1)</script>", "[/red]", "[bold]name[/bold]", "a|b\nc",
    "\x1b]0;title\x07\x1b[2J", "\u202egnp", "$\\frac{", "\x00", "{title}", "%s%n", "../../outside",
    "font: 1px ", "]]>", "&lt;", "-->", "'; DROP", "=1+1", "\\", "`id`", "é" * 40, "_hidden", "",
)  # fmt: skip
FOREIGN = (
    "evil:Thing", "evil:Missing", "mine:Model", "this:x", "os:mkdir", "isac_envs:evil:Thing",
    "builtins:exec", "subprocess:run", "..:x", ":", "evil:", ":Thing", "isac_agents.cli:run",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2, 7, 10**6, 10**12, 2**31, 2**63 - 1, -(2**63), 0.0, -0.0, 1e-320, 1e30, 1e308,
    float("inf"), float("-inf"), float("nan"), True, False, 0.5,
)  # fmt: skip


def value(random):
    """Return any value that a TOML or JSON file can hold."""
    kind = random.integers(7)
    if kind < 3:
        return NUMBERS[random.integers(len(NUMBERS))]
    if kind == 3:
        return MARKUP[random.integers(len(MARKUP))]
    if kind == 4:
        return FOREIGN[random.integers(len(FOREIGN))]
    if kind == 5:
        return [value(random) for _ in range(random.integers(4))]
    return {f"k{i}": value(random) for i in range(random.integers(3))}


def places(tree, path=()):
    """Return the paths of everything in a tree."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, child in items:
        if isinstance(child, (dict, list)) and child:
            found += places(child, (*path, key))
        else:
            found.append((*path, key))
    return found


def tree(random, before, fresh=value):
    """Return a copy of a tree with one thing replaced, removed, added, moved or renamed."""
    made = copy.deepcopy(before)
    every = places(made)
    if not every:
        return {"k": fresh(random)}
    path = every[random.integers(len(every))]
    parent = at(made, path[:-1])
    key, kind = path[-1], random.integers(6)
    if kind <= 1:
        parent[key] = fresh(random)
    elif kind == 2:
        del parent[key]
    elif kind == 3 and isinstance(parent, dict):
        parent[f"{key}{MARKUP[random.integers(len(MARKUP))]}"] = parent.pop(key)
    elif kind == 4:
        other = every[random.integers(len(every))]
        parent[key] = copy.deepcopy(at(made, other))
    elif isinstance(parent[key], bool) or not isinstance(parent[key], (int, float)):
        parent[key] = fresh(random)
    else:  # near what it was
        parent[key] = type(parent[key])(parent[key] * int(random.choice([-1, 2, 10, 1000])))
    return made


def at(node, path):
    """Return what stands at a path of a tree."""
    for key in path:
        node = node[key]
    return node


def content(random, before):
    """Return bytes with something cut, flipped, repeated, inserted or replaced."""
    data, kind = bytearray(before), random.integers(9)
    where = int(random.integers(len(data) + 1))
    if kind == 0:
        return bytes(data[:where])
    if kind == 1:
        for _ in range(random.integers(1, 8)):
            if data:
                data[random.integers(len(data))] ^= 1 << random.integers(8)
        return bytes(data)
    if kind == 2:
        return b""
    if kind == 3:
        return bytes(data[:where] + data[where // 2 : where] + data[where:])
    odd = (
        b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"[" * 5000, b"{" * 5000, b"a." * 5000 + b"a = 1\n",
        b"x = " + b"9" * 5000 + b"\n", b"x = 0x" + b"f" * 5000 + b"\n", b"\r", b'"' * 3,
        b"x = 1979-05-27\n", b"nan", b"[[entries]]\n", b"\n" * 300_000,
    )  # fmt: skip
    insert = odd[random.integers(len(odd))]
    if kind == 4:
        return insert
    if kind == 5:  # at the start of a line
        where = before.rfind(b"\n", 0, where) + 1
    return bytes(data[:where] + insert + data[where:])
