"""Deployment: conversion to ONNX."""

from .feeds import onnx_feeds, onnx_types
from .register import register_onnx_converter

__all__ = ["onnx_feeds", "onnx_types", "register_onnx_converter"]
