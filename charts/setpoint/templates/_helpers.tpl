{{/* The name of this release's objects. */}}
{{- define "setpoint.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "setpoint.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "setpoint.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "setpoint.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "setpoint.serviceAccountName" -}}
{{- default (ternary (include "setpoint.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end }}

{{/* An image's name: (dict "root" $ "image" .Values.image). */}}
{{- define "setpoint.image" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
{{- $name := list $registry .image.repository | compact | join "/" -}}
{{- if .image.digest -}}
{{ $name }}@{{ .image.digest }}
{{- else -}}
{{ $name }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end -}}
{{- end }}

{{/* What the operator may do in a namespace that it serves. Never Secrets. */}}
{{- define "setpoint.servedRules" -}}
- apiGroups: [setpoint.dev]
  resources: [performanceconstraints]
  verbs: [get, list, watch]
- apiGroups: [setpoint.dev]
  resources: [performanceconstraints/status]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods/log, services]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, create, update, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- if .Values.rbac.repair }}
# Repairs: their pods, the copies that a change is proven on, and what keeps these apart. No Secret is ever read.
- apiGroups: [""]
  resources: [pods, services, serviceaccounts]
  verbs: [get, list, create, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, create, delete]
{{- else if eq (include "setpoint.restrictLoads" .) "true" }}
# What binds load pods to their targets.
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, delete]
{{- end }}
{{- end }}

{{/* Whether the operator makes NetworkPolicies for load pods. */}}
{{- define "setpoint.restrictLoads" -}}
{{- and .Values.networkPolicy.enabled .Values.networkPolicy.loadPods.enabled -}}
{{- end }}

{{/* Whether there are policies: where they are wanted and the cluster has them. By version too: `helm template` asks no cluster. */}}
{{- define "setpoint.admission" -}}
{{- $known := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy" -}}
{{- and .Values.admission.enabled (or $known (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version)) -}}
{{- end }}

{{/* Containers of this chart: no privilege, nothing writable. */}}
{{- define "setpoint.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "setpoint.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "setpoint.pullSecrets" -}}
{{- range concat .Values.global.imagePullSecrets .Values.imagePullSecrets | uniq }}
- name: {{ . }}
{{- end }}
{{- end }}
