// SPDX-License-Identifier: Apache-2.0

#include "crypto/seal/x25519.h"
