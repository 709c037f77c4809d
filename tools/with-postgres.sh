#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own, which is gone when the command ends.
#
#   bash tools/with-postgres.sh cargo nextest run --package tympan-postgres
#
# The command finds it by DATABASE_URL (and by PG* variables). If DATABASE_URL is set already, that
# server is used and nothing is started.
#
#   PG_BIN=/path/bin   the server's programs, if not Debian's
#
# The server does what a server must do to keep its word: fsync, full_page_writes and
# synchronous_commit are on, and printed. Debian's package is installed where it is missing, as
# root or through sudo, after saying so.
set -euo pipefail

[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d' >&2; exit 2; }
if [ -n "${DATABASE_URL:-}" ]; then exec "$@"; fi

programs() { { ls -d /usr/lib/postgresql/*/bin 2>/dev/null || true; } | sort -V | tail -n 1; }

install() {
    local as=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "postgresql is missing; neither root nor sudo to install it" >&2; exit 1; }
        as=(sudo)
    fi
    command -v apt-get >/dev/null || { echo "postgresql is missing; no apt-get here: set PG_BIN or DATABASE_URL" >&2; exit 1; }
    echo "installing by apt: postgresql" >&2
    # The package would start a server of its own otherwise.
    "${as[@]}" mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | "${as[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    "${as[@]}" apt-get update -qq >&2
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2 </dev/null
}

[ -n "${PG_BIN:-$(programs)}" ] || install
bin=${PG_BIN:-$(programs)}
[ -x "$bin/initdb" ] || { echo "there is no initdb in \`$bin\`" >&2; exit 1; }

folder=$(mktemp -d /tmp/tympan-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
    # The server refuses to run as root.
    id -u postgres >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin postgres
    as=(runuser -u postgres --)
    chown postgres "$folder"
fi
# Also for tests that end the server and start it again.
cat >"$folder/server" <<END
#!/bin/sh
cd / && exec ${as[*]} "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -t 60 "\$@"
END
chmod 755 "$folder/server"
cleanup() {
    "$folder/server" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

(cd / && "${as[@]}" "$bin/initdb" -D "$folder/data" -U tympan -A trust --no-sync -E UTF8 --locale=C.UTF-8) \
    >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }

# Encrypted connections are checked with an authority of its own; another one has signed nothing.
certificate() { # NAME SUBJECT [ISSUER]: a certificate for the subject, by itself or by the issuer
    local sign=(-x509) extensions=(-addext "basicConstraints=critical,CA:TRUE")
    if [ -n "${3:-}" ]; then
        sign=(-x509 -CA "$folder/$3.pem" -CAkey "$folder/$3.key")
        extensions=(-addext "basicConstraints=critical,CA:FALSE" -addext "subjectAltName=DNS:$2")
    fi
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "${sign[@]}" -days 2 \
        -subj "/CN=$2" "${extensions[@]}" -config "$folder/openssl.cnf" -keyout "$folder/$1.key" -out "$folder/$1.pem" 2>"$folder/openssl.log" ||
        { cat "$folder/openssl.log" >&2; exit 1; }
}
printf '[req]\ndistinguished_name = name\n[name]\n' >"$folder/openssl.cnf"
certificate authority "authority of a test"
certificate other "another authority"
certificate server localhost authority
[ ${#as[@]} = 0 ] || chown postgres "$folder"/server.*
chmod 600 "$folder"/*.key

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >>"$folder/data/postgresql.conf" <<END
port = $port
unix_socket_directories = '$folder'
listen_addresses = '127.0.0.1'
max_connections = 300
fsync = on
full_page_writes = on
synchronous_commit = on
ssl = on
ssl_cert_file = '$folder/server.pem'
ssl_key_file = '$folder/server.key'
END
"$folder/server" -w start >/dev/null || { cat "$folder/data/server.log" >&2; exit 1; }

export PGHOST=127.0.0.1 PGPORT=$port PGUSER=tympan PGDATABASE=postgres
export DATABASE_URL="postgres://tympan@127.0.0.1:$port/postgres"
# The same server by encrypted connections, and an authority that is not its own.
export TYMPAN_TLS_URL="postgres://tympan@localhost:$port/postgres?sslrootcert=$folder/authority.pem"
export TYMPAN_OTHER_AUTHORITY="$folder/other.pem"
# For tests that start, stop and copy servers of their own.
export TYMPAN_PG_BIN=$bin TYMPAN_PG_DATA=$folder/data TYMPAN_PG_SERVER=$folder/server
for setting in fsync full_page_writes synchronous_commit; do
    echo "$setting = $("$bin/psql" -X -A -t -c "SHOW $setting")"
done
"$@"
