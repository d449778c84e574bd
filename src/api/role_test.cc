// Who may do what: the table against all calls that there are.

#include "api/role.h"

#include <gtest/gtest.h>

namespace headrace::api {
namespace {

using net::Method;

TEST(Role, NamesComeBack) {
  for (const char* name : {"viewer", "operator", "admin", "worker"}) {
    EXPECT_EQ(Name(RoleNamed(name).value()), name);
  }
  EXPECT_FALSE(RoleNamed("Admin"));
  EXPECT_FALSE(RoleNamed(""));
}

TEST(Role, WhatIsInNoLineIsForAdministrators) {
  EXPECT_EQ(AccessOf(Method::kPost, "/api/format_the_disk"), Access::kAdminister);
  EXPECT_EQ(AccessOf(Method::kGet, "/api/"), Access::kAdminister);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/backup"), Access::kAdminister);
  EXPECT_EQ(AccessOf(Method::kPut, "/anything"), Access::kAdminister);
  EXPECT_EQ(AccessOf(Method::kOther, "/v1/tasks/x/retry"), Access::kOperate);
}

TEST(Role, LuigisMethodsAreTheSameByGetAndPost) {
  for (const Method method : {Method::kGet, Method::kPost}) {
    EXPECT_EQ(AccessOf(method, "/api/add_task"), Access::kWork);
    EXPECT_EQ(AccessOf(method, "/api/get_work"), Access::kWork);
    EXPECT_EQ(AccessOf(method, "/api/task_list"), Access::kRead);
    EXPECT_EQ(AccessOf(method, "/api/re_enable_task"), Access::kOperate);
  }
}

TEST(Role, V1ReadsAndWritesDiffer) {
  EXPECT_EQ(AccessOf(Method::kGet, "/v1/workers"), Access::kRead);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/workers"), Access::kWork);
  EXPECT_EQ(AccessOf(Method::kDelete, "/v1/workers/w"), Access::kWork);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/attempts/7/finish"), Access::kWork);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/attempts/7/other"), Access::kAdminister);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/plans/claim"), Access::kWork);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/runs"), Access::kOperate);
  EXPECT_EQ(AccessOf(Method::kPost, "/v1/tasks/t/mark-done"), Access::kOperate);
  EXPECT_EQ(AccessOf(Method::kGet, "/v1/events"), Access::kRead);
}

TEST(Role, EmptySegmentsHideNothing) {
  EXPECT_EQ(AccessOf(Method::kPost, "/v1//tasks///t/retry"), Access::kOperate);
  EXPECT_EQ(AccessOf(Method::kPost, "/api//add_task"), Access::kWork);
  EXPECT_EQ(AccessOf(Method::kGet, "//v1/overview"), Access::kRead);
}

TEST(Role, OnlyHealthAndLoginArePublic) {
  EXPECT_EQ(AccessOf(Method::kGet, "/healthz"), Access::kPublic);
  EXPECT_EQ(AccessOf(Method::kHead, "/"), Access::kPublic);
  EXPECT_EQ(AccessOf(Method::kPost, "/login"), Access::kPublic);
  EXPECT_EQ(AccessOf(Method::kGet, "/assets/index.js"), Access::kPublic);
  EXPECT_EQ(AccessOf(Method::kOptions, "/api/add_task"), Access::kPublic);
  EXPECT_EQ(AccessOf(Method::kGet, "/"), Access::kRead);
  EXPECT_EQ(AccessOf(Method::kGet, "/metrics"), Access::kRead);
  EXPECT_EQ(AccessOf(Method::kGet, "/pipelines/x"), Access::kRead);
}

TEST(Role, WorkersDoNotOperateAndOperatorsDoNotWork) {
  EXPECT_TRUE(MayDo(Role::kWorker, Access::kWork));
  EXPECT_FALSE(MayDo(Role::kWorker, Access::kOperate));
  EXPECT_TRUE(MayDo(Role::kOperator, Access::kOperate));
  EXPECT_FALSE(MayDo(Role::kOperator, Access::kWork));
  EXPECT_FALSE(MayDo(Role::kViewer, Access::kOperate));
  EXPECT_TRUE(MayDo(Role::kViewer, Access::kRead));
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kWorker}) {
    EXPECT_FALSE(MayDo(role, Access::kAdminister));
  }
  EXPECT_TRUE(MayDo(Role::kAdmin, Access::kAdminister));
}

}  // namespace
}  // namespace headrace::api
