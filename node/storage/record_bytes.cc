// SPDX-License-Identifier: Apache-2.0
#include "node/storage/record_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdlib>
#include <limits>

namespace amparo::storage {

std::string SerializeRecord(const google::protobuf::MessageLite& record) {
  const size_t size = record.ByteSizeLong();
  if (size > std::numeric_limits<int>::max()) std::abort();
  std::string bytes(size, '\0');
  google::protobuf::io::ArrayOutputStream stream(bytes.data(),
                                                 static_cast<int>(size));
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  record.SerializeWithCachedSizes(&coded);
  if (coded.HadError()) std::abort();
  return bytes;
}

}  // namespace amparo::storage
