"""Airflow 1.10's ``Volume``, ``VolumeMount``, ``Port`` and ``Resources``: today's objects of the kubernetes client.

``Volume(name, configs)`` and the others return the client's own class, so that every pod operator takes them.
"""

from __future__ import annotations

from typing import Any

from tradewind.sdk.scope import deprecated


def _models(old: str, new: str) -> Any:
    deprecated(f"{old} is the old name; write kubernetes.client.models.{new} instead.")
    try:
        from kubernetes.client import models  # noqa: PLC0415  optional
    except ImportError:
        raise ImportError(f"{old} needs the package kubernetes: run `pip install kubernetes`.") from None
    return models


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _built(models: Any, kind: str, facts: dict[str, Any]) -> Any:
    """An object of the client out of the facts as the API writes them (camelCase)."""
    cls = getattr(models, kind)
    by_api = {api: name for name, api in cls.attribute_map.items()}
    made = {}
    for key, value in facts.items():
        name = by_api.get(key, _snake(key))
        inner = cls.openapi_types[name]
        made[name] = _built(models, inner, value) if isinstance(value, dict) and hasattr(models, inner) else value
    return cls(**made)


def Volume(name: str, configs: dict[str, Any]) -> Any:
    """A volume of a pod; ``configs`` as in a manifest, ``{"persistentVolumeClaim": {"claimName": "data"}}``."""
    return _built(_models("Volume", "V1Volume"), "V1Volume", {"name": name, **configs})


def VolumeMount(name: str, mount_path: str, sub_path: str | None = None, read_only: bool = False) -> Any:
    """Where a container sees a volume."""
    models = _models("VolumeMount", "V1VolumeMount")
    return models.V1VolumeMount(name=name, mount_path=mount_path, sub_path=sub_path, read_only=read_only)


def Port(name: str | None = None, container_port: int | None = None) -> Any:
    """A port of a container."""
    return _models("Port", "V1ContainerPort").V1ContainerPort(name=name, container_port=container_port)


def Resources(
    request_memory: Any = None,
    request_cpu: Any = None,
    request_ephemeral_storage: Any = None,
    limit_memory: Any = None,
    limit_cpu: Any = None,
    limit_gpu: Any = None,
    limit_ephemeral_storage: Any = None,
) -> Any:
    """What a container asks for and may use."""
    asked = {"memory": request_memory, "cpu": request_cpu, "ephemeral-storage": request_ephemeral_storage}
    most = {
        "memory": limit_memory,
        "cpu": limit_cpu,
        "ephemeral-storage": limit_ephemeral_storage,
        "nvidia.com/gpu": limit_gpu,
    }
    return _models("Resources", "V1ResourceRequirements").V1ResourceRequirements(
        requests={key: value for key, value in asked.items() if value is not None} or None,
        limits={key: value for key, value in most.items() if value is not None} or None,
    )
