#!/usr/bin/env python3
"""Holds the declared `rust-version` against the tree: the highest that a normal dependency declares.

A dependency that asks for more under a feature of its own is left out; CONTRIBUTING.md names the version.
"""
import json
import subprocess
import sys

LATER = {"graviola"}

metadata = json.loads(subprocess.check_output(
    ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"]))
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"]


def version(package):
    return tuple(int(part) for part in (package["rust_version"] or "0").split("."))


reached, todo = set(), [root]
while todo:
    id = todo.pop()
    if id not in reached and packages[id]["name"] not in LATER:
        reached.add(id)
        todo += [dep["pkg"] for dep in nodes[id]["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]

declared = packages[root]["rust_version"]
highest = max((packages[id] for id in reached - {root}), key=version)
print(f"rust-version {declared}; {highest['name']} {highest['version']} needs {highest['rust_version']}, "
      f"the highest of {len(reached) - 1} normal dependencies")
documented = open(".github/CONTRIBUTING.md").read()
for package in packages.values():
    if package["name"] in LATER and f"needs Rust {package['rust_version']}" not in documented:
        sys.exit(f"{package['name']} needs Rust {package['rust_version']}: CONTRIBUTING.md does not say so")
sys.exit(version(packages[root])[:2] != version(highest)[:2])
