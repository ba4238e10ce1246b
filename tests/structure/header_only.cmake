# Headers that no source includes first, because they need none. Each is
# compiled alone, so that it includes what it uses.
set(amparo_header_only
  crypto/base/openssl_errors.h
  crypto/certificate/certificate_keys.h
  crypto/merkle/subtrees.h
  node/app/handshake_door.h
  node/app/version.h
  node/base/status_macros.h
  node/cases/foreign/formats.h
  node/consent/withdrawal.h
  node/delivery/delivery.h
  node/peering/peering_link.h
  node/peering/peering_parts.h
  node/linkage/particles.h
  node/people/password_checks.h
  node/storage/rocksdb_status.h
  node/storage/row_keys.h
  node/storage/sync_times.h
  node/vocabulary/embedded.h
  tests/support/environment.h
  tests/simulation/dice.h
  tests/simulation/findings.h
  tests/simulation/seeds.h
  tests/support/every_field_set.h
  tests/unit/node/vocabulary/pairs_of.h
  tests/unit/node/vocabulary/published_files.h
)
