// SPDX-License-Identifier: Apache-2.0
//
// For tests that a codec maps every field of a message. Either encode a value
// in which everything is set and expect FieldsNotSet() to be empty, or, where
// a codec takes any value, fill a message with FillEveryField() and expect it
// back. Both fail when somebody adds a field and forgets the codec.

#ifndef AMPARO_TESTS_SUPPORT_EVERY_FIELD_SET_H_
#define AMPARO_TESTS_SUPPORT_EVERY_FIELD_SET_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace amparo {

// Full names of the fields that hold their default, nested messages included.
// Of a oneof it is enough that one field is set.
inline std::vector<std::string> FieldsNotSet(
    const google::protobuf::Message& message) {
  using google::protobuf::FieldDescriptor;
  const auto* reflection = message.GetReflection();
  std::vector<std::string> missing;
  const auto append = [&](const google::protobuf::Message& inner) {
    for (std::string& name : FieldsNotSet(inner)) {
      missing.push_back(std::move(name));
    }
  };
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      if (size == 0) missing.push_back(field->full_name());
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      for (int j = 0; j < size; ++j) {
        append(reflection->GetRepeatedMessage(message, field, j));
      }
      continue;
    }
    const auto* choice = field->real_containing_oneof();
    const bool has = choice != nullptr ? reflection->HasOneof(message, choice)
                                       : reflection->HasField(message, field);
    if (!has) {
      missing.push_back(field->full_name());
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               reflection->HasField(message, field)) {
      append(reflection->GetMessage(message, field));
    }
  }
  return missing;
}

namespace every_field_set_internal {

inline void Fill(google::protobuf::Message* message, int* next) {
  using google::protobuf::FieldDescriptor;
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    const int value = ++*next;
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
#define AMPARO_FILL(TYPE, Name, expression)              \
  case FieldDescriptor::CPPTYPE_##TYPE:                  \
    if (many) {                                          \
      reflection->Add##Name(message, field, expression); \
    } else {                                             \
      reflection->Set##Name(message, field, expression); \
    }                                                    \
    break
      AMPARO_FILL(INT32, Int32, value);
      AMPARO_FILL(INT64, Int64, value);
      AMPARO_FILL(UINT32, UInt32, static_cast<uint32_t>(value));
      AMPARO_FILL(UINT64, UInt64, static_cast<uint64_t>(value));
      AMPARO_FILL(DOUBLE, Double, static_cast<double>(value));
      AMPARO_FILL(FLOAT, Float, static_cast<float>(value));
      AMPARO_FILL(BOOL, Bool, true);
      AMPARO_FILL(STRING, String, "value " + std::to_string(value));
      AMPARO_FILL(
          ENUM, Enum,
          field->enum_type()->value(field->enum_type()->value_count() - 1));
#undef AMPARO_FILL
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Fill(many ? reflection->AddMessage(message, field)
                  : reflection->MutableMessage(message, field),
             next);
        break;
    }
  }
}

}  // namespace every_field_set_internal

// Gives every field a value of its own that is not its default: numbers count
// up, texts are "value N", enums take the last value of their list, repeated
// fields get one element.
inline void FillEveryField(google::protobuf::Message* message) {
  int next = 0;
  every_field_set_internal::Fill(message, &next);
}

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_EVERY_FIELD_SET_H_
