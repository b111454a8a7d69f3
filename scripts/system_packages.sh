#!/usr/bin/env bash
# The system libraries that headless Blender needs: installs them where it can, else says which they are.
set -euo pipefail
packages=(libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libx11-6 libxext6 libxfixes3 libxi6 libxrender1 libxkbcommon0 libsm6 libice6)

[[ $(uname -s) == Linux ]] || exit 0 # elsewhere they come with the system
if ! command -v dpkg-query >/dev/null; then
  echo "Headless Blender needs EGL and OpenGL of Mesa and the X11 libraries; install them if Blender does not start." >&2
  exit 0
fi
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
((${#missing[@]})) || exit 0
if [[ $(id -u) != 0 ]]; then
  echo "Headless Blender needs these Debian packages; install them and run make again: sudo apt-get install ${missing[*]}" >&2
  exit 2
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
