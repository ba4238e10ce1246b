// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/discrete_gaussian.h"
