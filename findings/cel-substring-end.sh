#!/usr/bin/env bash
# cel-expr-python 0.1.3 (PyPI, the CEL of C++ for Python): the last character cannot be the end of a substring.
#
# Expected: 'abc'.substring(0, 3) is 'abc'. The end is exclusive, so that size() is the largest one that there may be; Kubernetes and
#           cel-go, which defined the function, take it, and substring(1), which says the same with one number, works here as well.
# Seen:     an end that equals the size is an error, whose text says that it is greater than the size. One less works, and so does a
#           start that equals the size.
# Matters:  rules of CustomResourceDefinitions and admission policies that cut a text at a place which may be its end, such as
#           self.substring(0, size(self) < 63 ? size(self) : 63), pass on a cluster and fail where they are tried with this package
#           before.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 the package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" >/dev/null 2>&1 || exit 3
"$work/venv/bin/pip" -q install cel-expr-python==0.1.3 >/dev/null 2>&1 || exit 3
seen=$("$work/venv/bin/python" - <<'PY'
import cel_expr_python.cel as cel

config = cel.NewEnvConfigFromYaml("extensions:\n- name: strings\n  version: 2\n")
env = cel.NewEnv(config=config, variables={})
for text in ("'abc'.substring(0, 2)", "'abc'.substring(1)", "'abc'.substring(3)", "'abc'.substring(0, 3)"):
    value = env.compile(text).eval(data={}).value()
    # An error is a value, too, whose text begins with its code.
    isError = value.startswith("INVALID_ARGUMENT")
    print(f"{text}:", f"an error, {'end' if '<end>' in value else ''} greater than size" if isError else repr(value))
PY
)
echo "$seen"
[ "$seen" = "'abc'.substring(0, 2): 'ab'
'abc'.substring(1): 'bc'
'abc'.substring(3): ''
'abc'.substring(0, 3): an error, end greater than size" ]
