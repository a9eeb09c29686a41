-- Argo CD: how healthy a PerformanceConstraint is. Key of argocd-cm:
-- resource.customizations.health.setpoint.dev_PerformanceConstraint

local status = obj.status or {}
local annotations = obj.metadata.annotations or {}
local gate = annotations["setpoint.dev/gate"] == "true"

local function condition(wanted)
  for _, found in ipairs(status.conditions or {}) do
    if found.type == wanted then
      return found
    end
  end
  return {}
end

local function health(name, found, instead)
  local said = found.message
  if said == nil or said == "" then
    said = found.reason or instead
  end
  return { status = name, message = said }
end

local ready, compliant = condition("Ready"), condition("Compliant")

if status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", {}, "The operator has not seen this generation yet")
end
if condition("Stalled").status == "True" then
  return health("Degraded", condition("Stalled"))
end
if condition("Reconciling").status == "True" then
  return health("Progressing", condition("Reconciling"))
end
if ready.status ~= "True" then
  return health("Progressing", ready, "The operator has not said yet whether it can enforce this")
end
if ready.reason == "Suspended" then
  return health("Suspended", ready)
end
if compliant.status == "True" then
  return health("Healthy", compliant)
end
-- A breach is the service's state and not a failed deployment, unless its owner makes it a gate. A gate that opened
-- while there is no verdict would be none.
if gate and compliant.status == "False" then
  return health("Degraded", compliant)
end
if gate then
  return health("Progressing", compliant, "There is no verdict yet")
end
return health("Healthy", compliant, "There is no verdict yet")
