// SPDX-License-Identifier: Apache-2.0
#include "node/storage/vault.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "crypto/aead/aead.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/keyring/keyring.h"
#include "crypto/mac/mac.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/crew.h"
#include "node/storage/key_book.h"
#include "node/storage/key_cache.h"
#include "node/storage/sealed_value.h"

namespace amparo::storage {
namespace {

constexpr uint8_t kKeyRowVersion = 1;
constexpr uint16_t kGroupKeys = 1024;
// Of a book of keys: read together, then looked whether it is enough.
constexpr size_t kPartsTogether = 8;
constexpr char kTableKeyLabel[] = "amparo.tablekey.v1";
constexpr char kBlindIndexLabel[] = "amparo.blindindex.v1";

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged, what);
}

std::string Labelled(absl::string_view label, TableId table) {
  std::string bytes(label);
  bytes.push_back('\0');
  absl::StrAppend(&bytes, TableName(table));
  return bytes;
}

KeyId MakeTableKeyId(TableId table) {
  const std::string digest = crypto::Sha256(Labelled(kTableKeyLabel, table));
  return *KeyId::FromBytes(absl::string_view(digest).substr(0, KeyId::kSize));
}

// Asked for with every row that is written.
KeyId TableKeyId(TableId table) {
  static const auto* const ids = [] {
    auto* made = new absl::flat_hash_map<TableId, KeyId>();
    for (const TableId each : AllTables()) {
      made->emplace(each, MakeTableKeyId(each));
    }
    return made;
  }();
  return ids->at(table);
}

std::string GroupRowKey(uint16_t group) {
  std::string key;
  crypto::AppendU16(&key, group);
  return key;
}

absl::StatusOr<bool> HasRows(const Reader& reader, TableId table) {
  bool found = false;
  RETURN_IF_ERROR(reader.Scan(
      table, {}, {},
      [&found](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        found = true;
        return false;
      }));
  return found;
}

bool IsSealedTable(TableId table) {
  return table != TableId::kFormat && table != TableId::kGroupKeys &&
         table != TableId::kDataKeys;
}

}  // namespace

class Vault::Impl {
 public:
  Impl(const Reader& reader, crypto::RandomSource& random)
      : reader_(reader), random_(random) {}

  // Adds to `batch` what a new store, or a new table, still needs.
  absl::Status Open(const crypto::Secret& node_key, Batch& batch);
  absl::Status OpenForReading(const crypto::Secret& node_key);
  absl::StatusOr<KeyId> NewKey(Batch& batch);
  void DeleteKey(Batch& batch, const KeyId& key);
  absl::StatusOr<std::string> Seal(const KeyId& key, TableId table,
                                   absl::string_view row_key,
                                   uint32_t schema_version,
                                   absl::string_view plaintext);
  absl::StatusOr<std::string> Unseal(TableId table, absl::string_view row_key,
                                     uint32_t schema_version,
                                     absl::string_view stored);
  void Warm(absl::Span<const absl::string_view> stored);
  absl::Status CheckKey(const KeyId& key) { return Find(key).status(); }
  absl::StatusOr<KeyBook> ReadKeys(const Reader& reader, Crew& crew,
                                   size_t enough, size_t& part) const;
  std::string BlindIndex(TableId table, absl::string_view value) const;

 private:
  absl::Status MakeGroupKeys(const crypto::Secret& node_key, Batch& batch);
  absl::Status ReadGroupKeys(const crypto::Secret& node_key);
  absl::Status OpenTableKeys(Batch& batch);
  absl::StatusOr<std::string> WrappedRow(const KeyId& id,
                                         const crypto::Secret& key) const;
  absl::StatusOr<crypto::Secret> UnwrapRow(absl::string_view row) const;
  absl::Status ReadPart(const Reader& reader, size_t part, KeyBook& book) const;
  absl::StatusOr<DataKey> Find(const KeyId& id);
  absl::StatusOr<DataKey> Keep(const KeyId& id, absl::string_view row);

  const Reader& reader_;
  crypto::RandomSource& random_;
  // Written by Open only.
  std::vector<crypto::Secret> group_keys_;
  absl::flat_hash_map<KeyId, DataKey> table_data_keys_;
  absl::flat_hash_map<TableId, std::unique_ptr<crypto::HmacSha256Key>>
      blind_index_keys_;
  KeyCache cache_;
};

absl::Status Vault::Impl::Open(const crypto::Secret& node_key, Batch& batch) {
  ASSIGN_OR_RETURN(const bool used, HasRows(reader_, TableId::kGroupKeys));
  if (used) {
    RETURN_IF_ERROR(ReadGroupKeys(node_key));
  } else {
    ASSIGN_OR_RETURN(const bool has_keys, HasRows(reader_, TableId::kDataKeys));
    if (has_keys) {
      return Damaged(
          "the storage has data keys but no group keys: restore it from a "
          "backup");
    }
    RETURN_IF_ERROR(MakeGroupKeys(node_key, batch));
  }
  return OpenTableKeys(batch);
}

absl::Status Vault::Impl::OpenForReading(const crypto::Secret& node_key) {
  ASSIGN_OR_RETURN(const bool used, HasRows(reader_, TableId::kGroupKeys));
  if (!used) return Damaged("the storage has no group keys");
  RETURN_IF_ERROR(ReadGroupKeys(node_key));
  Batch dropped;
  return OpenTableKeys(dropped);
}

absl::Status Vault::Impl::MakeGroupKeys(const crypto::Secret& node_key,
                                        Batch& batch) {
  for (uint16_t group = 0; group < kGroupKeys; ++group) {
    crypto::Secret key =
        crypto::RandomSecret(random_, crypto::kWrappingKeySize);
    std::string row;
    crypto::AppendU8(&row, kKeyRowVersion);
    ASSIGN_OR_RETURN(const std::string wrapped, crypto::WrapKey(node_key, key));
    row += wrapped;
    batch.RequireAbsent(TableId::kGroupKeys, GroupRowKey(group));
    batch.Put(TableId::kGroupKeys, GroupRowKey(group), row);
    group_keys_.push_back(std::move(key));
  }
  return absl::OkStatus();
}

absl::Status Vault::Impl::ReadGroupKeys(const crypto::Secret& node_key) {
  size_t unopened = 0;
  RETURN_IF_ERROR(reader_.Scan(
      TableId::kGroupKeys, {}, {},
      [&](absl::string_view row_key,
          absl::string_view row) -> absl::StatusOr<bool> {
        if (row_key != GroupRowKey(static_cast<uint16_t>(group_keys_.size()))) {
          return Damaged("a group key is missing");
        }
        crypto::ByteReader reader(row);
        const absl::StatusOr<uint8_t> version = reader.ReadU8();
        if (!version.ok() || *version != kKeyRowVersion) {
          return Damaged("a group key has an unknown version");
        }
        absl::StatusOr<crypto::Secret> key =
            crypto::UnwrapKey(node_key, row.substr(1));
        if (!key.ok()) ++unopened;
        group_keys_.push_back(key.ok() ? *std::move(key) : crypto::Secret());
        return true;
      }));
  if (unopened == group_keys_.size()) {
    return Error(Reason::kPassphraseWrong,
                 "the node key does not open this storage: check that the key "
                 "file and the data directory belong together");
  }
  if (unopened > 0) return Damaged("a group key is damaged");
  if (group_keys_.size() != kGroupKeys) {
    return Damaged("group keys are missing");
  }
  return absl::OkStatus();
}

// A table of a later version has no key yet; it has no rows either.
absl::Status Vault::Impl::OpenTableKeys(Batch& batch) {
  for (const TableId table : AllTables()) {
    if (!IsSealedTable(table)) continue;
    const KeyId id = TableKeyId(table);
    ASSIGN_OR_RETURN(const std::optional<std::string> row,
                     reader_.Get(TableId::kDataKeys, id.bytes()));
    crypto::Secret key;
    if (row.has_value()) {
      ASSIGN_OR_RETURN(key, UnwrapRow(*row));
    } else {
      ASSIGN_OR_RETURN(const bool has_rows, HasRows(reader_, table));
      if (has_rows) {
        return Damaged(
            absl::StrCat("the key of table ", TableName(table), " is missing"));
      }
      key = crypto::RandomSecret(random_, crypto::kAeadKeySize);
      ASSIGN_OR_RETURN(const std::string wrapped, WrappedRow(id, key));
      batch.RequireAbsent(TableId::kDataKeys, id.bytes());
      batch.Put(TableId::kDataKeys, id.bytes(), wrapped);
    }
    ASSIGN_OR_RETURN(
        const crypto::Secret blind,
        crypto::HkdfSha256(key.Reveal(), {}, Labelled(kBlindIndexLabel, table),
                           crypto::kHmacSize));
    ASSIGN_OR_RETURN(crypto::Aes256Gcm aead, crypto::Aes256Gcm::Create(key));
    table_data_keys_[id] =
        std::make_shared<const crypto::Aes256Gcm>(std::move(aead));
    blind_index_keys_[table] = std::make_unique<crypto::HmacSha256Key>(blind);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Vault::Impl::WrappedRow(
    const KeyId& id, const crypto::Secret& key) const {
  // Ids are random, so their first bits spread the keys over the groups.
  const std::string id_bytes = id.bytes();
  crypto::ByteReader reader(id_bytes);
  const uint16_t group = static_cast<uint16_t>(*reader.ReadU16() % kGroupKeys);
  std::string row;
  crypto::AppendU8(&row, kKeyRowVersion);
  crypto::AppendU16(&row, group);
  ASSIGN_OR_RETURN(const std::string wrapped,
                   crypto::WrapKey(group_keys_[group], key));
  return row + wrapped;
}

absl::StatusOr<crypto::Secret> Vault::Impl::UnwrapRow(
    absl::string_view row) const {
  crypto::ByteReader reader(row);
  const absl::StatusOr<uint8_t> version = reader.ReadU8();
  const absl::StatusOr<uint16_t> group = reader.ReadU16();
  if (!version.ok() || *version != kKeyRowVersion || !group.ok() ||
      *group >= kGroupKeys) {
    return Damaged("a data key has an unknown form");
  }
  absl::StatusOr<crypto::Secret> key = crypto::UnwrapKey(
      group_keys_[*group], row.substr(row.size() - reader.remaining()));
  if (!key.ok()) return Damaged("a data key is damaged");
  return key;
}

absl::StatusOr<DataKey> Vault::Impl::Find(const KeyId& id) {
  const auto own = table_data_keys_.find(id);
  if (own != table_data_keys_.end()) return own->second;
  if (DataKey cached = cache_.Find(id)) return cached;
  ASSIGN_OR_RETURN(const std::optional<std::string> row,
                   reader_.Get(TableId::kDataKeys, id.bytes()));
  if (!row.has_value()) {
    return Damaged("the key of a stored value is gone: it was erased");
  }
  return Keep(id, *row);
}

absl::StatusOr<DataKey> Vault::Impl::Keep(const KeyId& id,
                                          absl::string_view row) {
  ASSIGN_OR_RETURN(const crypto::Secret key, UnwrapRow(row));
  ASSIGN_OR_RETURN(crypto::Aes256Gcm aead, crypto::Aes256Gcm::Create(key));
  auto found = std::make_shared<const crypto::Aes256Gcm>(std::move(aead));
  cache_.Insert(id, found);
  return DataKey(found);
}

void Vault::Impl::Warm(absl::Span<const absl::string_view> stored) {
  std::vector<KeyId> missing;
  for (const absl::string_view value : stored) {
    const absl::StatusOr<KeyId> id = Vault::KeyOf(value);
    if (!id.ok() || table_data_keys_.contains(*id)) continue;
    if (cache_.Find(*id) == nullptr) missing.push_back(*id);
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  std::vector<std::string> row_keys;
  row_keys.reserve(missing.size());
  for (const KeyId& id : missing) row_keys.push_back(id.bytes());
  if (row_keys.empty()) return;
  const auto rows = reader_.GetAll(TableId::kDataKeys, row_keys);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].ok() || !rows[i]->has_value()) continue;
    Keep(missing[i], **rows[i]).IgnoreError();
  }
}

absl::StatusOr<KeyId> Vault::Impl::NewKey(Batch& batch) {
  ASSIGN_OR_RETURN(const KeyId id, KeyId::FromBytes(crypto::RandomBytes(
                                       random_, KeyId::kSize)));
  const crypto::Secret key =
      crypto::RandomSecret(random_, crypto::kAeadKeySize);
  ASSIGN_OR_RETURN(const std::string row, WrappedRow(id, key));
  ASSIGN_OR_RETURN(crypto::Aes256Gcm aead, crypto::Aes256Gcm::Create(key));
  batch.RequireAbsent(TableId::kDataKeys, id.bytes());
  batch.Put(TableId::kDataKeys, id.bytes(), row);
  cache_.Insert(id, std::make_shared<const crypto::Aes256Gcm>(std::move(aead)));
  return id;
}

void Vault::Impl::DeleteKey(Batch& batch, const KeyId& key) {
  cache_.Bar(key);
  batch.Delete(TableId::kDataKeys, key.bytes());
}

absl::StatusOr<std::string> Vault::Impl::Seal(const KeyId& key, TableId table,
                                              absl::string_view row_key,
                                              uint32_t schema_version,
                                              absl::string_view plaintext) {
  ASSIGN_OR_RETURN(const DataKey data_key, Find(key));
  return SealValue(key, *data_key, random_, {table, row_key, schema_version},
                   plaintext);
}

absl::StatusOr<std::string> Vault::Impl::Unseal(TableId table,
                                                absl::string_view row_key,
                                                uint32_t schema_version,
                                                absl::string_view stored) {
  ASSIGN_OR_RETURN(const KeyId key, KeyOfValue(stored));
  ASSIGN_OR_RETURN(const DataKey data_key, Find(key));
  return OpenValue(*data_key, {table, row_key, schema_version}, stored);
}

absl::StatusOr<KeyBook> Vault::Impl::ReadKeys(const Reader& reader, Crew& crew,
                                              size_t enough,
                                              size_t& part) const {
  KeyBook book;
  while (part < KeyBook::kParts && book.size() < enough) {
    const size_t count = std::min(kPartsTogether, KeyBook::kParts - part);
    RETURN_IF_ERROR(crew.Share(count, 1, [&](size_t begin, size_t) {
      return ReadPart(reader, part + begin, book);
    }));
    part += count;
  }
  return book;
}

absl::Status Vault::Impl::ReadPart(const Reader& reader, size_t part,
                                   KeyBook& book) const {
  return reader.Scan(
      TableId::kDataKeys, KeyBook::FirstOf(part), KeyBook::FirstOf(part + 1),
      [&](absl::string_view key,
          absl::string_view row) -> absl::StatusOr<bool> {
        const absl::StatusOr<KeyId> id = KeyId::FromBytes(key);
        if (!id.ok()) return true;
        const absl::StatusOr<crypto::Secret> unwrapped = UnwrapRow(row);
        if (unwrapped.ok()) book.Add(part, *id, *unwrapped);
        return true;
      });
}

std::string Vault::Impl::BlindIndex(TableId table,
                                    absl::string_view value) const {
  return blind_index_keys_.at(table)->Compute(value);
}

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vault::~Vault() = default;

absl::StatusOr<std::unique_ptr<Vault>> Vault::Open(
    Store& store, crypto::Secret node_key, crypto::RandomSource& random) {
  if (node_key.size() != crypto::kWrappingKeySize) {
    return FieldError("node_key", "must be 32 bytes");
  }
  auto impl = std::make_unique<Impl>(store, random);
  Batch batch;
  RETURN_IF_ERROR(impl->Open(node_key, batch));
  if (!batch.empty()) RETURN_IF_ERROR(store.Commit(batch).status());
  return std::unique_ptr<Vault>(new Vault(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<Vault>> Vault::OpenForReading(
    const Reader& reader, crypto::Secret node_key,
    crypto::RandomSource& random) {
  if (node_key.size() != crypto::kWrappingKeySize) {
    return FieldError("node_key", "must be 32 bytes");
  }
  auto impl = std::make_unique<Impl>(reader, random);
  RETURN_IF_ERROR(impl->OpenForReading(node_key));
  return std::unique_ptr<Vault>(new Vault(std::move(impl)));
}

absl::StatusOr<KeyId> Vault::NewKey(Batch& batch) {
  return impl_->NewKey(batch);
}

KeyId Vault::TableKey(TableId table) const { return TableKeyId(table); }

void Vault::DeleteKey(Batch& batch, const KeyId& key) {
  impl_->DeleteKey(batch, key);
}

absl::StatusOr<std::string> Vault::Seal(const KeyId& key, TableId table,
                                        absl::string_view row_key,
                                        uint32_t schema_version,
                                        absl::string_view plaintext) const {
  return impl_->Seal(key, table, row_key, schema_version, plaintext);
}

absl::StatusOr<std::string> Vault::Open(TableId table,
                                        absl::string_view row_key,
                                        uint32_t schema_version,
                                        absl::string_view stored) const {
  return impl_->Unseal(table, row_key, schema_version, stored);
}

void Vault::Warm(absl::Span<const absl::string_view> stored) const {
  impl_->Warm(stored);
}

absl::Status Vault::CheckKey(const KeyId& key) const {
  return impl_->CheckKey(key);
}

absl::StatusOr<KeyBook> Vault::ReadKeys(const Reader& reader, Crew& crew,
                                        size_t enough, size_t& part) const {
  return impl_->ReadKeys(reader, crew, enough, part);
}

absl::StatusOr<KeyId> Vault::KeyOf(absl::string_view stored) {
  return KeyOfValue(stored);
}

std::string Vault::BlindIndex(TableId table, absl::string_view value) const {
  return impl_->BlindIndex(table, value);
}

}  // namespace amparo::storage
