"""Roles of reporting and running a plan."""

from __future__ import annotations

from dajing.kernel.text import Text

ROLES = {
    "plan.fill": Text(zh="填报", en="Fill in reports"),
    "plan.review": Text(zh="审核", en="Review reports"),
    "plan.sign": Text(zh="签发", en="Sign reports"),
    "plan.lock": Text(zh="锁定", en="Lock reports"),
    "plan.officer": Text(zh="规划管理", en="Run the plan"),
    "plan.instruct": Text(zh="督办批示", en="Instruct plan actions"),
    "plan.act": Text(zh="办理督办事项", en="Handle plan actions"),
    "plan.verify": Text(zh="核验督办事项", en="Verify plan actions"),
    "plan.object": Text(zh="提出异议", en="Object to a figure"),
}
