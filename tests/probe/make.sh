#!/bin/sh
# Makes the certificates of src/probe's tests: a root, and one that it signs for shop.example.com, both valid
# from 2020 to 2100. The root's key is thrown away. `make.sh` is run by hand and rarely: the files are checked in.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
key "$work/root.key"
key server.key
: > "$work/index"
cat > "$work/ca.conf" <<CONF
[ca]
default_ca = own
[own]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:shop.example.com
extendedKeyUsage = serverAuth
CONF
sign() {
  openssl ca -config "$work/ca.conf" -batch -notext -startdate 20200101000000Z -enddate 21000101000000Z \
    -keyfile "$work/root.key" "$@"
}
openssl req -new -key "$work/root.key" -subj "/CN=root of unplug's tests" -out "$work/root.csr"
sign -selfsign -extensions root -in "$work/root.csr" -out root.pem
openssl req -new -key server.key -subj "/CN=shop.example.com" -out "$work/server.csr"
sign -cert root.pem -extensions server -in "$work/server.csr" -out server.pem
