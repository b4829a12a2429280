#!/usr/bin/env bash
# Runs the README's tour against a server, and stops at the first answer that differs from the README.
#
#   docker/tour.sh                                    against http://localhost:8080
#   IMAGE_URL=http://127.0.0.1:18080 docker/tour.sh   against another
#   API_KEY=... docker/tour.sh                        with a key, if the server needs one
#
# The tour consists of all blocks of the README that begin with ```sh tour. Each of their requests must succeed, or in a
# block that begins with ```sh tour 422, get that status.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=${IMAGE_URL:-http://localhost:8080}
base=${base%/}
export WORK API_KEY=${API_KEY:-} NO_PROXY=localhost,127.0.0.1 no_proxy=localhost,127.0.0.1
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

fail() {
  printf '\ntour: %s\n' "$*" >&2
  exit 1
}

# Replaces curl within the blocks: runs curl and appends the status to a file, since it may run in a pipe.
curl() {
  local code=0 status
  rm -f "$WORK/headers"
  command curl --max-time 120 --dump-header "$WORK/headers" ${API_KEY:+-H "X-API-Key: $API_KEY"} "$@" || code=$?
  echo
  status=$(sed -n -E 's#^HTTP/[0-9.]+ ([0-9]{3}).*#\1#p' "$WORK/headers" | tail -n 1)
  echo "${status:-no status}" >>"$WORK/statuses"
  return "$code"
}
export -f curl

ask() { command curl -sS --max-time 60 ${API_KEY:+-H "X-API-Key: $API_KEY"} -o "$WORK/answer" -w '%{http_code}' "$@"; }

# The tour makes four models and deletes them. It stops if models of these names exist, which may be someone else's.
for model in lesson pets digits clothes; do
  status=$(ask "$base/v1/models/$model") || fail "$base does not answer"
  [[ $status != 401 ]] || fail "$base needs a key: set API_KEY"
  [[ $status == 404 ]] || fail "$base/v1/models/$model answers $status instead of 404: delete that model first"
done
for dataset in digits clothes; do
  [[ $(ask "$base/v1/datasets/$dataset") == 404 ]] || fail "there is a data set $dataset: delete it first"
done
clean_up() {
  for model in lesson pets digits clothes; do ask -X DELETE "$base/v1/models/$model" >/dev/null || true; done
  for dataset in digits clothes; do ask -X DELETE "$base/v1/datasets/$dataset" >/dev/null || true; done
  rm -rf "$WORK"
}
trap clean_up EXIT

# Writes each block into a file named by its line number. The first line of the file is the rest of the fence.
awk -v work="$WORK" '
  /^```sh tour( |$)/ { file = sprintf("%s/block-%05d", work, NR); print substr($0, 12) > file; next }
  /^```/ { if (file) close(file); file = ""; next }
  file { print > file }
' README.md

blocks=0 requests=0
for file in "$WORK"/block-*; do
  [[ -f $file ]] || fail "README.md has no block that begins with \`\`\`sh tour"
  line=$((10#${file##*-}))
  expected=$(head -n 1 "$file")
  printf '\n--- README.md, line %s\n' "$line"
  tail -n +2 "$file" | sed "s#http://localhost:8080#$base#g" >"$WORK/script"
  : >"$WORK/statuses"
  code=0
  bash -euo pipefail "$WORK/script" || code=$?
  while read -r status; do
    requests=$((requests + 1))
    [[ $status == ${expected:-2??} ]] || fail "README.md, line $line: answered with $status, not ${expected:-success}"
  done <"$WORK/statuses"
  [[ $code -eq 0 ]] || fail "README.md, line $line: the block ends with exit status $code"
  [[ -s $WORK/statuses ]] || fail "README.md, line $line: the block makes no request"
  blocks=$((blocks + 1))
done
printf '\ntour: %s blocks, %s requests, all answered as README.md says\n' "$blocks" "$requests"
