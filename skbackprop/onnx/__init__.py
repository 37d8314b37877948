"""Deployment: conversion to ONNX."""

from .convert import register_onnx_converter
from .feeds import onnx_feeds, onnx_types

__all__ = ["onnx_feeds", "onnx_types", "register_onnx_converter"]
