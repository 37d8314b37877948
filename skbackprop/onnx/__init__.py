"""Deployment: conversion to ONNX."""

from .convert import register_onnx_converter

__all__ = ["register_onnx_converter"]
