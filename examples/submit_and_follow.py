#!/usr/bin/env python3
"""Trains on the generated shapes with the Python standard library: upload, plan, submit, follow, predict.

Use: examples/submit_and_follow.py [archive of class folders]     (a service must be running: npm start)
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

URL = os.environ.get("RAVINE_URL", "http://127.0.0.1:7070")
KEY = os.environ.get("RAVINE_API_KEY")
CHECKOUT = Path(__file__).resolve().parent.parent


def call(method, path, body=None, content_type=None):
    """The bytes that a route answers with. Raises urllib.error.HTTPError for an error answer."""
    request = urllib.request.Request(URL + path, data=body, method=method)
    if KEY:
        request.add_header("authorization", f"Bearer {KEY}")
    if content_type:
        request.add_header("content-type", content_type)
    if method == "POST":
        request.add_header("idempotency-key", str(uuid.uuid4()))
    with urllib.request.urlopen(request, timeout=300) as response:
        return response.read()


def get(path):
    return json.loads(call("GET", path))


def post(path, body):
    return json.loads(call("POST", path, json.dumps(body).encode(), "application/json"))


def upload(path, fields, file_name, content):
    """POSTs text fields and then one file as multipart/form-data."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{file_name}"\r\n\r\n'
    body = b"".join(parts) + head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return json.loads(call("POST", path, body, f"multipart/form-data; boundary={boundary}"))


def shapes():
    """The generated dataset as a tar file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shapes.tar"
        command = ["npm", "run", "-s", "ravine", "--", "datasets", "generate", "--output", str(file)]
        subprocess.run(command, cwd=CHECKOUT, check=True)
        return file.read_bytes()


def ready(dataset):
    while dataset["status"] == "ingesting":
        time.sleep(0.3)
        dataset = get(f"/v1/datasets/{dataset['id']}")
    if dataset["status"] != "ready":
        sys.exit(f"{dataset['status']}: {dataset['report'] or dataset['failure']}")
    return dataset


def follow(job_id):
    last, terminal = 0, False
    while not terminal:
        page = get(f"/v1/jobs/{job_id}/events?after={last}&wait=20")
        for event in page["data"]:
            print(f"  {event['at'][11:19]} {event['message']}", flush=True)
            last = event["sequence"]
        terminal = page["terminal"] and not page["data"]
    return get(f"/v1/jobs/{job_id}")


def main():
    content = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else shapes()
    fields = {"name": "shapes", "height": 32, "width": 32}
    dataset = ready(upload("/v1/datasets", fields, "shapes.tar", content))
    print(f"dataset {dataset['id']}: {dataset['splits']['train']['count']} training images")

    body = {"recipe": {"preset": "shapes", "dataset": dataset["id"]}}
    plan = post("/v1/jobs/plan", body)
    print(f"plan: {plan['totalSteps']} steps, {plan['parameterCount']} parameters")

    job = post("/v1/jobs", body)
    print(f"job {job['id']}")
    job = follow(job["id"])
    if job["status"] != "succeeded":
        sys.exit(f"the job {job['status']}: {job['failure']}")

    model = post("/v1/models", {"jobId": job["id"]})
    sample = get(f"/v1/datasets/{dataset['id']}/samples?split=test&limit=1")["data"][0]
    image = call("GET", sample["url"])
    answer = upload(f"/v1/models/{model['id']}/predict?topK=1", {}, "sample.png", image)
    best = answer["results"][0]["classes"][0]
    print(f"model {model['id']}: a {sample['class']} is classified as {best['class']} ({best['probability']:.3f})")
    print(f"test accuracy {job['testAccuracy']}")


if __name__ == "__main__":
    try:
        main()
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.url}\n{error.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"cannot reach {URL}: {error.reason}. Start the service with: npm start")
