"""The build backend: setuptools, with the compiled epoch where it can be compiled.

A wheel has the extension and its platform's tag, or, where compiling fails (most often because
there is no C compiler), it is a pure wheel, ``py3-none-any``: the package works on numpy alone.
The environment variable ``SKBACKPROP_BUILD_KERNEL`` decides otherwise: with 1, a build without the
extension is an error, as it has to be for a release; with 0, none is tried.

Environment variables that compilers know (``CC``, ``CFLAGS``, ``LDFLAGS``) work as ever; a build
with ``CFLAGS`` of its own keeps its debugging information.
"""

import os
import re
import sys
import tempfile
import tomllib
from functools import partial
from pathlib import Path

import setuptools
from setuptools import build_meta
from setuptools.command import build, build_ext, sdist

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

SWITCH = "SKBACKPROP_BUILD_KERNEL"
FOLDERS = [".build", "doc", "examples", "skbackprop", "tests"]  # of the source distribution
MADE = {"__pycache__", "doc/_build", "doc/api", "doc/auto_examples", "doc/sg_execution_times.rst"}
MADE_SUFFIXES = {".c", ".pyd", ".so"}


class Build(build.build):
    """Builds in a fresh folder: an earlier build leaves nothing behind for the wheel."""

    def initialize_options(self):
        super().initialize_options()
        self._temporary = tempfile.TemporaryDirectory(prefix="skbackprop-")
        self.build_base = self._temporary.name


class BuildExt(build_ext.build_ext):
    """Compiles with flags that the compiler understands, and leaves no C among the sources."""

    def initialize_options(self):
        super().initialize_options()
        self.cython_c_in_temp = True

    def build_extension(self, ext):
        compiler = self.compiler.compiler_type
        if compiler == "msvc":
            ext.extra_compile_args = ["/O2", "/utf-8"]
        else:
            flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd"]
            ext.extra_compile_args = flags
            if "CFLAGS" not in os.environ:
                flags.append("-g0")
                if sys.platform != "darwin":
                    ext.extra_link_args = ["-Wl,--strip-all"]
        super().build_extension(ext)


class Sdist(sdist.sdist):
    """Packs the tests, examples and documentation too, so that what is unpacked tests itself."""

    def make_distribution(self):
        files = {Path(name).as_posix() for name in self.filelist.files}
        files |= {path.as_posix() for folder in FOLDERS for path in written_files(Path(folder))}
        files.add("CITATION.cff")
        self.filelist.files = sorted(files)
        super().make_distribution()


def written_files(folder):
    """Yield the files within a folder that no build and no run has made."""
    for path in folder.iterdir():
        if not {path.name, path.as_posix()} & MADE and path.suffix not in MADE_SUFFIXES:
            if path.is_dir():
                yield from written_files(path)
            else:
                yield path


def long_description():
    """Return the README with absolute links: below the address of the source in pyproject.toml."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    files = project["urls"]["Source"] + "/{}/main/"
    text = Path("README.md").read_text("utf-8")
    text = re.sub(r'src="(?!https?://)', f'src="{files.format("raw")}', text)
    return re.sub(r"\]\((?!https?://|#)", f"]({files.format('blob')}", text)


def extension():
    return setuptools.Extension(
        "skbackprop._kernel.epoch",
        ["skbackprop/_kernel/epoch.pyx"],
        depends=[str(path) for path in sorted(Path("skbackprop/_kernel").glob("*.[hp]*"))],
        include_dirs=["skbackprop/_kernel"],
    )


def run(hook, *arguments, kernel):
    """Call a hook of setuptools, with the extension or without."""
    setup = setuptools.setup
    commands = {"build": Build, "build_ext": BuildExt, "sdist": Sdist}
    extensions = [extension()] if kernel else []
    setuptools.setup = partial(
        setup,
        cmdclass=commands,
        ext_modules=extensions,
        long_description=long_description(),
        long_description_content_type="text/markdown",
    )
    try:
        return hook(*arguments)
    finally:
        setuptools.setup = setup


def run_with_kernel_or_without(hook, *arguments):
    switch = os.environ.get(SWITCH, "")
    if switch not in ("", "0", "1"):
        raise SystemExit(f"error: {SWITCH} is {switch!r}: it must be 0 or 1, or not be set")
    if switch != "0":
        try:
            return run(hook, *arguments, kernel=True)
        except (SystemExit, setuptools.errors.BaseError) as error:
            if switch == "1":
                raise
            print(f"skbackprop: the compiled epoch cannot be built ({error}).", file=sys.stderr)
            print("skbackprop: building without it, on numpy alone.", file=sys.stderr)
    return run(hook, *arguments, kernel=False)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return run_with_kernel_or_without(
        build_meta.build_wheel, wheel_directory, config_settings, metadata_directory
    )


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return run_with_kernel_or_without(
        build_meta.build_editable, wheel_directory, config_settings, metadata_directory
    )


def build_sdist(sdist_directory, config_settings=None):
    return run(build_meta.build_sdist, sdist_directory, config_settings, kernel=True)


def get_requires_for_build_wheel(config_settings=None):
    return run(build_meta.get_requires_for_build_wheel, config_settings, kernel=False)


def get_requires_for_build_editable(config_settings=None):
    return run(build_meta.get_requires_for_build_editable, config_settings, kernel=False)


def get_requires_for_build_sdist(config_settings=None):
    return run(build_meta.get_requires_for_build_sdist, config_settings, kernel=False)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    hook = build_meta.prepare_metadata_for_build_wheel
    return run(hook, metadata_directory, config_settings, kernel=False)


def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
    hook = build_meta.prepare_metadata_for_build_editable
    return run(hook, metadata_directory, config_settings, kernel=False)
