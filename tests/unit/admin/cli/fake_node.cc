// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/admin/cli/fake_node.h"

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "amparo/office/v1/errors.pb.h"

namespace amparo::cli {
namespace {

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return bytes;
}

}  // namespace

grpc::Status RefusalOnWire(grpc::StatusCode code, const std::string& reason,
                           const std::string& message, const std::string& field,
                           const std::string& state) {
  office::v1::ErrorDetail detail;
  detail.set_reason(reason);
  detail.set_field(field);
  detail.set_state(state);
  return grpc::Status(code, message, detail.SerializeAsString());
}

// Reads everything the client sends, then answers.
class FakeNode::Reactor : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(FakeNode& node, grpc::GenericCallbackServerContext* context)
      : node_(node) {
    call_.method = absl::StrReplaceAll(
        absl::StripPrefix(context->method(), "/amparo.office.v1."),
        {{"/", "."}});
    const auto& metadata = context->client_metadata();
    const auto session = metadata.find("amparo-session");
    if (session != metadata.end()) {
      call_.session.assign(session->second.data(), session->second.size());
    }
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      call_.messages.push_back(Bytes(incoming_));
      StartRead(&incoming_);
      return;
    }
    reply_ = node_.Take(call_);
    Say();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) said_ = reply_.messages.size();
    Say();
  }

  void OnDone() override { delete this; }

 private:
  void Say() {
    if (said_ == reply_.messages.size()) {
      Finish(reply_.status);
      return;
    }
    const grpc::Slice slice(reply_.messages[said_++]);
    answer_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&answer_);
  }

  FakeNode& node_;
  Call call_;
  Reply reply_;
  size_t said_ = 0;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer answer_;
};

FakeNode::FakeNode(const std::string& folder)
    : socket_(folder + "/office.sock") {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_,
                           grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(this);
  server_ = builder.BuildAndStart();
}

FakeNode::~FakeNode() {
  server_->Shutdown();
  server_->Wait();
}

void FakeNode::Answer(const std::string& method,
                      const google::protobuf::Message& response) {
  absl::MutexLock lock(&mutex_);
  replies_[method].push_back(
      {grpc::Status::OK, {response.SerializeAsString()}});
}

void FakeNode::AnswerStream(const std::string& method,
                            const std::vector<std::string>& messages,
                            const grpc::Status& end) {
  absl::MutexLock lock(&mutex_);
  replies_[method].push_back({end, messages});
}

void FakeNode::Refuse(const std::string& method, const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  replies_[method].push_back({status, {}});
}

std::vector<FakeNode::Call> FakeNode::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

FakeNode::Reply FakeNode::Take(const Call& call) {
  absl::MutexLock lock(&mutex_);
  calls_.push_back(call);
  std::vector<Reply>& replies = replies_[call.method];
  if (replies.empty()) {
    return {RefusalOnWire(grpc::StatusCode::PERMISSION_DENIED, "NOT_ALLOWED",
                          "not allowed, or not there"),
            {}};
  }
  const Reply reply = replies.front();
  if (replies.size() > 1) replies.erase(replies.begin());
  return reply;
}

grpc::ServerGenericBidiReactor* FakeNode::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new Reactor(*this, context);
}

}  // namespace amparo::cli
