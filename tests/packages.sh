#!/bin/sh
# Installs the Debian packages that the tests need where it may (as root); otherwise prints the
# line to run and ends with 2.
set -eu

wanted=""
command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium"
[ -d /usr/share/fonts/truetype/noto ] || wanted="$wanted fonts-noto-core"
command -v java >/dev/null 2>&1 || wanted="$wanted openjdk-17-jre-headless"
# A security module in software, and other people's tools that verify what we sign.
command -v softhsm2-util >/dev/null 2>&1 || wanted="$wanted softhsm2"
command -v xmlsec1 >/dev/null 2>&1 || wanted="$wanted xmlsec1"
command -v pdfsig >/dev/null 2>&1 || wanted="$wanted poppler-utils"
# The oldest PostgreSQL that the engines support, where this system has it.
if [ ! -x /usr/lib/postgresql/15/bin/postgres ] && apt-cache show postgresql-15 >/dev/null 2>&1; then
    wanted="$wanted postgresql-15"
    if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common # or the package starts a server of its own
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
fi
# Backups of that server, as Debian's operators take them.
if ! command -v pgbackrest >/dev/null 2>&1 && apt-cache show pgbackrest >/dev/null 2>&1; then
    wanted="$wanted pgbackrest"
fi
[ -z "$wanted" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing$wanted"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $wanted >/dev/null
    exit 0
fi
echo "the tests need packages of the system; run this, then make test again:"
echo "    sudo apt-get install -y --no-install-recommends$wanted"
exit 2
