#!/usr/bin/env bash
# Installs the programs that only the tests need ("cluster" as argument: those of the one-node cluster). Does nothing when
# all of them are there; where it cannot install, it says what is missing. A test never skips because a program is not there.
set -euo pipefail

# command:Debian package
tools=(
  git:git
  prometheus:prometheus
  chromium:chromium
)
cluster_tools=(
  containerd:containerd
  runc:runc
  /usr/lib/cni/bridge:containernetworking-plugins
  nft:nftables
  conntrack:conntrack
  ip:iproute2
  unshare:util-linux
  openssl:openssl
  busybox:busybox-static
  debootstrap:debootstrap
  buildah:buildah
)
if [ "${1:-}" = cluster ]; then
  tools=("${cluster_tools[@]}")
fi

missing=()
for tool in "${tools[@]}"; do
  command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "these programs are needed and not installed; on Debian: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}" >/dev/null
