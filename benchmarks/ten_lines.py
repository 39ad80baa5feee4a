"""What `run -p` is measured against: the shortest script with httpx that asks and prints the answer as it comes."""

import json
import sys

import httpx

messages = [{"role": "user", "content": "hi"}]
body = {"model": "m", "stream": True, "messages": messages}
with httpx.Client(timeout=60, trust_env=False) as client, client.stream("POST", sys.argv[1], json=body) as answer:
    for line in answer.iter_lines():
        if line.startswith("data: {"):
            print(json.loads(line[6:])["choices"][0]["delta"].get("content", ""), end="", flush=True)
print()
