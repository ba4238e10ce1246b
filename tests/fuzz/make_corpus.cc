// SPDX-License-Identifier: Apache-2.0
//
// Writes the seeds of corpus/ that follow from the golden files and from the
// encoders: make_corpus FOLDER. A file that is there is left alone, so that an
// input once found stays. Texts (CSV, mapping, config, files of the command
// line) are written by hand. With --check it writes nothing and fails when one
// is missing, which is a test.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "amparo/peer/v1/agreement.pb.h"
#include "amparo/peer/v1/letter.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/certificate/certificate.h"
#include "node/referral/referral_letters.h"
#include "node/statistics/release.h"
#include "tests/fuzz/fuzz.h"
#include "tests/golden/fixtures.h"
#include "tests/golden/row_kinds.h"

namespace amparo::fuzz {
namespace {

class Corpus {
 public:
  Corpus(std::filesystem::path folder, bool check_only)
      : folder_(std::move(folder)), check_only_(check_only) {}

  int missing() const { return missing_; }

  void Add(const std::string& target, const std::string& name,
           absl::string_view bytes) const {
    const std::filesystem::path path = folder_ / target / name;
    if (std::filesystem::exists(path)) return;
    ++missing_;
    if (check_only_) {
      std::printf("missing %s\n", path.c_str());
      return;
    }
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    std::printf("made %s\n", path.c_str());
  }
  void AddGolden(const std::string& target, const std::string& name) const {
    Add(target, name, golden::ReadFile(name));
  }

 private:
  const std::filesystem::path folder_;
  const bool check_only_;
  mutable int missing_ = 0;
};

std::string As(int which, absl::string_view bytes) {
  return absl::StrCat(std::string(1, static_cast<char>(which)), bytes);
}

template <class IdType>
IdType Of(char fill) {
  return *IdType::FromBytes(std::string(IdType::kSize, fill));
}

void Letters(const Corpus& corpus) {
  corpus.AddGolden("letter", "letter");
  corpus.AddGolden("letter", "letter_header");
  std::string cut = golden::ReadFile("letter");
  cut.resize(cut.size() / 2);
  corpus.Add("letter", "bad_half_a_letter", cut);
  delivery::LetterHeader later = golden::WireHeader();
  later.protocol = 2;
  corpus.Add("letter", "bad_later_protocol", delivery::EncodeHeader(later));
  corpus.Add("letter", "bad_unknown_field",
             golden::ReadFile("letter_header") + "\xf8\x07\x01");

  for (const char* const name : {"letter_plain", "void_notice"}) {
    corpus.AddGolden("plain", name);
  }
  corpus.Add("plain", "receipt_letter",
             delivery::EncodeReceiptLetter(golden::ReadFile("receipt")));
  corpus.Add("plain", "bad_names_a_sealing_key",
             golden::ReadFile("letter_header"));

  corpus.AddGolden("receipt", "receipt");
  corpus.AddGolden("receipt", "receipt_body");

  peer::v1::Sealed sealed;
  sealed.set_plain("a plain");
  sealed.set_signature("a signature");
  std::string frame;
  crypto::AppendPrefixed(&frame, sealed.SerializeAsString());
  corpus.Add("sealed", "smallest_size", As(0, frame));
  corpus.Add("sealed", "bad_not_the_smallest_size", As(1, frame));
  corpus.Add("sealed", "bad_no_known_size", As(3, frame));
  std::string full = frame;
  full.resize(1024, '\0');
  corpus.Add("sealed", "padded_by_the_sender", As(3, full));
  full[700] = 'x';
  corpus.Add("sealed", "bad_padding_not_zero", As(3, full));
  corpus.Add("sealed", "bad_longer_than_it_is",
             As(0, absl::string_view("\xff\xff\xff\xff", 4)));
  corpus.Add("sealed", "bad_not_a_message",
             As(0, absl::string_view("\0\0\0\2xy", 6)));
}

void Peering(const Corpus& corpus) {
  corpus.AddGolden("key_bundle", "key_bundle");
  corpus.AddGolden("key_bundle", "key_bundle_body");
  peering::KeyBundle bundle = golden::Bundle();
  bundle.role = peering::NodeRole::kRegion;
  bundle.address = "[2001:db8::1]:7443";
  corpus.Add("key_bundle", "region_body", bundle.EncodeBody());
  bundle.office_name = std::string(kMarker) + "\x01";
  corpus.Add("key_bundle", "bad_name_body", bundle.EncodeBody());
  bundle = golden::Bundle();
  bundle.signing_keys.push_back(bundle.signing_keys[0]);
  corpus.Add("key_bundle", "bad_one_epoch_twice_body", bundle.EncodeBody());

  const std::string code = golden::ReadFile("invitation_code");
  corpus.Add("invitation", "code", code);
  corpus.Add("invitation", "bad_cut_code", code.substr(0, code.size() - 5));
  std::string bytes;
  absl::WebSafeBase64Unescape(code.substr(code.find(':') + 1), &bytes);
  bytes.resize(bytes.size() - 4);
  corpus.Add("invitation", "parts", bytes);
  bytes[0] = 2;
  corpus.Add("invitation", "bad_version_parts", bytes);
  corpus.Add("invitation", "bad_marker",
             absl::StrCat("amparo-invite-1:", kMarker));

  corpus.AddGolden("agreement", "agreement_body");
  peer::v1::Agreement agreement;
  agreement.ParseFromString(golden::ReadFile("agreement_body"));
  agreement.set_agreement_id("abc");
  corpus.Add("agreement", "bad_short_id", agreement.SerializeAsString());
  agreement.ParseFromString(golden::ReadFile("agreement_body"));
  agreement.set_statistics_policy(std::string(kMarker));
  corpus.Add("agreement", "bad_policy", agreement.SerializeAsString());
  agreement.ParseFromString(golden::ReadFile("agreement_body"));
  agreement.add_purposes(77);
  corpus.Add("agreement", "bad_later_purpose", agreement.SerializeAsString());

  crypto::DeterministicRandom random(5);
  const auto pem = crypto::IssueCertificate(
      golden::OfficeKey(), golden::SigningKey().public_key(), "office",
      {"amparo:office:6f6f", "amparo:epoch:1"}, golden::Moment(),
      golden::Moment() + absl::Hours(24), random);
  corpus.Add("certificate", "certificate.pem", *pem);
  const size_t begin = pem->find('\n') + 1;
  std::string der;
  absl::Base64Unescape(pem->substr(begin, pem->find("-----END") - begin), &der);
  corpus.Add("certificate", "certificate.der", der);
}

void Statistics(const Corpus& corpus) {
  corpus.AddGolden("release", "release_body");
  auto release = *statistics::DecodeRelease(golden::ReadFile("release_body"));
  release.cohorts.erase(release.cohorts.begin() + 1, release.cohorts.end());
  release.cohorts[0].values = {120, -4, 0, 31};
  corpus.Add("release", "four_values", statistics::EncodeRelease(release));
  release.cohorts[0].values = {INT64_MAX, INT64_MAX, 1};
  corpus.Add("release", "bad_sum_overflows",
             statistics::EncodeRelease(release));
  release.cohorts[0].values = {INT64_MIN, -1};
  corpus.Add("release", "bad_sum_underflows",
             statistics::EncodeRelease(release));
  release.cohorts[0].values = {INT64_MAX / 100, 0, 0, 0};
  corpus.Add("release", "bad_share_overflows",
             statistics::EncodeRelease(release));
}

void Referrals(const Corpus& corpus) {
  referral::RequestPayload request;
  request.id = Of<ReferralId>('r');
  request.pseudonym = Of<Pseudonym>('p');
  request.request = {.referral_type = "SERVICE_REFERRAL",
                     .urgency = "URGENT_72H",
                     .services = {"SAFE_SHELTER"},
                     .preview = {{"gender", "Female"}},
                     .risk_level = "HIGH",
                     .risk_to_life = false};
  corpus.Add("referral", "request", As(0, referral::EncodeRequest(request)));
  request.request.services = {std::string(kMarker)};
  corpus.Add("referral", "bad_request_service",
             As(0, referral::EncodeRequest(request)));
  referral::AnswerPayload answer{Of<ReferralId>('r'), true, ""};
  corpus.Add("referral", "accepted", As(1, referral::EncodeAnswer(answer)));
  answer.accepted = false;
  answer.decline_reason = std::string(kMarker);
  corpus.Add("referral", "bad_declined", As(1, referral::EncodeAnswer(answer)));
  referral::DisclosurePayload file;
  file.id = Of<ReferralId>('r');
  file.identity.given_names = "Test";
  file.identity.family_names = "Person";
  file.identity.documents = {{"PASSPORT", "X1", "UKR"}};
  file.identity.contacts = {{"TELEPHONE", "+000", "Ask for nobody"}};
  corpus.Add("referral", "file", As(2, referral::EncodeDisclosure(file)));
  file.identity.given_names = absl::StrCat(kMarker, "\x1b[2J");
  corpus.Add("referral", "bad_file_controls",
             As(2, referral::EncodeDisclosure(file)));
  const referral::RecallPayload recall{Of<ReferralId>('r'),
                                       {Of<MessageId>('m')},
                                       std::string(32, 'c'),
                                       golden::Moment()};
  corpus.Add("referral", "recall", As(3, referral::EncodeRecall(recall)));
  corpus.Add("referral", "consent_statement",
             As(4, golden::ReadFile("consent_statement")));
}

void Audit(const Corpus& corpus) {
  corpus.Add("audit", "leaf",
             As(0, golden::ReadFile("log_leaf") + std::string(16, 'e')));
  corpus.Add("audit", "event", As(1, golden::ReadFile("log_event")));
  crypto::Frontier frontier;
  for (const char* const leaf : {"a", "b", "c"}) {
    if (!frontier.Append(crypto::LeafHash(leaf)).ok()) return;
  }
  corpus.Add("audit", "head", As(2, audit::EncodeHead({frontier, 2})));
  corpus.Add("audit", "checkpoint",
             As(3, audit::EncodeCheckpoint({256, std::string(32, 'r'),
                                            golden::ReadFile("checkpoint")})));
  corpus.Add("audit", "frontier", As(4, frontier.Serialise()));
  corpus.Add("audit", "proof",
             As(5, std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\3", 16) +
                       std::string(64, 'h')));
}

// The golden row of each kind, under its number.
struct AddRows {
  template <class Codec>
  void operator()(const char* name) {
    corpus.Add("record", name,
               As(number++, golden::ReadFile(absl::StrCat("records/", name))));
  }
  const Corpus& corpus;
  int number = 0;
};

}  // namespace
}  // namespace amparo::fuzz

int main(int argc, char** argv) {
  const bool check_only = argc == 3 && std::string(argv[2]) == "--check";
  if (argc != 2 && !check_only) {
    std::fputs("usage: make_corpus FOLDER [--check]\n", stderr);
    return 2;
  }
  using namespace amparo::fuzz;  // NOLINT
  const Corpus corpus(argv[1], check_only);
  Letters(corpus);
  Peering(corpus);
  Statistics(corpus);
  Referrals(corpus);
  Audit(corpus);
  AddRows rows{corpus};
  amparo::golden::ForEachRowKind(rows);
  return check_only && corpus.missing() > 0 ? 1 : 0;
}
