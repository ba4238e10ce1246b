# Headers that no source includes first, because they need none. Each is
# compiled alone, so that it includes what it uses.
set(amparo_header_only
  node/base/limits.h
  node/base/status_macros.h
)
