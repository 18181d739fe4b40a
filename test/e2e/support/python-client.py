"""Drives a pod through Python's kubernetes client: exec and port-forward. Prints what came of it as JSON.

Usage: python-client.py KUBECONFIG POD PORT
"""

import json
import sys

from kubernetes import client, config
from kubernetes.stream import portforward, stream

kubeconfig, pod, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
config.load_kube_config(kubeconfig)
api = client.CoreV1Api()


def execute(command, stdin=None):
    """The exit code, and what came on each stream."""
    session = stream(
        api.connect_get_namespaced_pod_exec,
        pod,
        "default",
        container="main",
        command=command,
        stdin=stdin is not None,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
    )
    if stdin is not None:
        session.write_stdin(stdin)
    session.run_forever(timeout=20)
    outcome = {"stdout": session.read_stdout(), "stderr": session.read_stderr(), "code": session.returncode}
    session.close()
    return outcome


def whole():
    """With the client's own way of waiting for all output."""
    return stream(
        api.connect_get_namespaced_pod_exec,
        pod,
        "default",
        container="main",
        command=["seq", "1", "20000"],
        stdin=False,
        stdout=True,
        stderr=True,
        tty=False,
    )


def forward():
    """What the port answers to a line, and the error of the port that nobody listens on."""
    session = portforward(api.connect_get_namespaced_pod_portforward, pod, "default", ports=f"{port},1")
    socket = session.socket(port)
    socket.settimeout(20)
    socket.sendall(b"over the wire\n")
    answer = b""
    while not answer.endswith(b"\n"):
        chunk = socket.recv(1024)
        if not chunk:
            break
        answer += chunk
    nobody = session.socket(1)
    nobody.settimeout(20)
    nobody.recv(1024)
    outcome = {"answer": answer.decode(), "error": session.error(1)}
    socket.close()
    session.close()
    return outcome


print(
    json.dumps(
        {
            "fails": execute(["sh", "-c", "echo out; echo err >&2; exit 7"]),
            "reads": execute(["sh", "-c", "read line; echo got $line"], stdin="a line\n"),
            "whole": whole().count("\n"),
            "forward": forward(),
        }
    )
)
