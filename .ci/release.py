"""Say what a release would do, or do it: `python .ci/release.py 1.2.3 [--do | --check]`.

Without an option it looks and changes nothing. With ``--do`` it runs every check, writes the version, moves what is
under Unreleased in the changelog below a heading of its own, commits and sets a tag. It never pushes.
``--check`` is for the workflow that a tag starts: all files must name the tag's version.
"""

import argparse
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ["lint", "types", "workflows", "cite", "test", "coverage", "check-site", "dist"]
PLACES = {
    "pyproject.toml": r'^(version = ")([^"]+)(")$',
    "rnnlab/__init__.py": r'^(__version__ = ")([^"]+)(")$',
    "CITATION.cff": r"^(version: )(\S+)()$",
}


def number(version):
    """Return the three numbers of a version, or None where it is not one."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else None


def versions(root=ROOT):
    """Return the version that each file names."""
    return {
        name: re.search(pattern, (root / name).read_text(encoding="utf-8"), re.M)[2] for name, pattern in PLACES.items()
    }


def section(changelog, heading):
    """Return what stands below a heading of the changelog, None where there is no such heading."""
    found = re.search(rf"^## {re.escape(heading)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    return found[1].strip() if found else None


def released(changelog, version, today):
    """Return the changelog in which what was unreleased is a version's."""
    return changelog.replace("## Unreleased\n", f"## Unreleased\n\n## {version} ({today})\n", 1)


def git(*args, root=ROOT):
    """Return what git prints."""
    return subprocess.run(["git", *args], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def objections(version, root=ROOT):
    """Return why this version cannot be released now."""
    found, now = [], versions(root)
    if number(version) is None:
        return [f"{version!r} is no version, expected three numbers such as 1.2.3"]
    if len(set(now.values())) > 1:
        found.append(f"the files name different versions: {now}")
    if any(number(version) <= (number(old) or (0, 0, 0)) for old in now.values()) and git("tag", "--list", root=root):
        found.append(f"{version} is not above {now['pyproject.toml']}")
    if f"v{version}" in git("tag", "--list", root=root).split():
        found.append(f"there is a tag v{version} already")
    if git("status", "--porcelain", root=root):
        found.append("the working tree has changes that are not committed")
    if not section((root / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased"):
        found.append("CHANGELOG.md has nothing under Unreleased")
    return found


def disagreements(version, root=ROOT):
    """Return what does not name this version: for a tag that is set."""
    wrong = [f"{name} names {found}" for name, found in versions(root).items() if found != version]
    if not section((root / "CHANGELOG.md").read_text(encoding="utf-8"), version):
        wrong.append(f"CHANGELOG.md has nothing under {version}")
    return wrong


def write(version, root=ROOT, today=None):
    """Write the version and the date wherever they stand."""
    today = today or date.today().isoformat()
    for name, pattern in PLACES.items():
        path = root / name
        text = re.sub(pattern, rf"\g<1>{version}\g<3>", path.read_text(encoding="utf-8"), count=1, flags=re.M)
        path.write_text(re.sub(r"^(date-released: ).*$", rf"\g<1>{today}", text, flags=re.M), encoding="utf-8")
    changelog = root / "CHANGELOG.md"
    changelog.write_text(released(changelog.read_text(encoding="utf-8"), version, today), encoding="utf-8")


def main(argv=None, root=ROOT):
    """Say, check or do; return 0 where nothing stands against it."""
    parser = argparse.ArgumentParser(prog="make release VERSION=", description="Say what a release would do, or do it.")
    parser.add_argument("version", help="three numbers, such as 1.2.3")
    parser.add_argument("--do", action="store_true", help="do it")
    parser.add_argument("--check", action="store_true", help="only compare the files with the tag")
    args = parser.parse_args(argv)
    found = disagreements(args.version, root) if args.check else objections(args.version, root)
    for objection in found:
        print(f"no: {objection}")
    if args.check or (found and args.do) or number(args.version) is None:
        return int(bool(found))
    if not args.do:
        print(f"A release of {args.version} with DO=1 would")
        print(f"  1. run  make {' '.join(CHECKS)}")
        print(f"  2. write {args.version} in {', '.join(PLACES)}, and head the changelog's Unreleased part with it")
        print(f'  3. commit that as "Release {args.version}" and tag it v{args.version}')
        print(f"It would not push:  git push origin main v{args.version}  publishes it.")
        return int(bool(found))
    subprocess.run(["make", *CHECKS], cwd=root, check=True)
    write(args.version, root)
    git("commit", "--all", "--message", f"Release {args.version}", root=root)
    git("tag", "--annotate", f"v{args.version}", "--message", f"Release {args.version}", root=root)
    print(f"Done. To publish:  git push origin main v{args.version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
