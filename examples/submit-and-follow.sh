#!/bin/sh
# Trains on the generated shapes with nothing but curl: upload, plan, submit, follow, predict.
# Use: examples/submit-and-follow.sh [archive of class folders]     (a service must be running: npm start)
set -eu

url=${RAVINE_URL:-http://127.0.0.1:7070}
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v curl >/dev/null || { echo "curl is needed. Type: sudo apt-get install -y curl" >&2; exit 2; }

# A call of the API; an error answer is printed and ends the script.
api() {
  path=$1
  shift
  curl --silent --show-error --fail-with-body --retry 3 --output "$work/answer" \
    ${RAVINE_API_KEY:+-H "authorization: Bearer $RAVINE_API_KEY"} "$@" "$url$path" || {
    cat "$work/answer" >&2 2>/dev/null || true
    echo >&2
    exit 1
  }
}
# A POST that may be retried without doing anything twice.
post() {
  key=$(node -p 'crypto.randomUUID()')
  api "$@" -H "idempotency-key: $key"
}
# A value of the last answer, e.g. `field splits.train.count`.
field() {
  node -p 'const read = (value, key) => value?.[key];
    const answer = JSON.parse(fs.readFileSync(process.argv[1], "utf8"));
    process.argv[2].split(".").reduce(read, answer) ?? ""' "$work/answer" "$1"
}

archive=${1:-$work/shapes.tar}
if [ $# -eq 0 ]; then
  (cd "$checkout" && npm run -s ravine -- datasets generate --output "$archive")
fi

post /v1/datasets -F name=shapes -F height=32 -F width=32 -F "file=@$archive"
dataset=$(field id)
while :; do
  status=$(field status)
  case $status in
    ready) break ;;
    refused | failed) cat "$work/answer" >&2; exit 1 ;;
  esac
  sleep 0.3
  api "/v1/datasets/$dataset"
done
echo "dataset $dataset: $(field splits.train.count) training and $(field splits.test.count) test images"

recipe="{\"recipe\":{\"preset\":\"shapes\",\"dataset\":\"$dataset\"}}"
post /v1/jobs/plan -H 'content-type: application/json' -d "$recipe"
echo "plan: $(field totalSteps) steps, $(field parameterCount) parameters"

post /v1/jobs -H 'content-type: application/json' -d "$recipe"
job=$(field id)
echo "job $job"
last=0
while :; do
  api "/v1/jobs/$job/events?after=$last&wait=20"
  node -e 'for (const { at, message } of JSON.parse(fs.readFileSync(process.argv[1], "utf8")).data)
    console.log(`  ${at.slice(11, 19)} ${message}`)' "$work/answer"
  count=$(field data.length)
  if [ "$count" -gt 0 ]; then
    last=$(field "data.$((count - 1)).sequence")
  elif [ "$(field terminal)" = true ]; then
    break
  fi
done
api "/v1/jobs/$job"
status=$(field status)
if [ "$status" != succeeded ]; then
  echo "the job $status: $(field failure.message)" >&2
  exit 1
fi
accuracy=$(field testAccuracy)

post /v1/models -H 'content-type: application/json' -d "{\"jobId\":\"$job\"}"
model=$(field id)
api "/v1/datasets/$dataset/samples?split=test&limit=1"
truth=$(field data.0.class)
image=$(field data.0.url)
api "$image"
mv "$work/answer" "$work/sample.png"
post "/v1/models/$model/predict?topK=1" -F "file=@$work/sample.png"
echo "model $model: a $truth is classified as $(field results.0.classes.0.class) ($(field results.0.classes.0.probability))"
echo "test accuracy $accuracy"
