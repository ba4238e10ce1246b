// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/exact_draws.h"
