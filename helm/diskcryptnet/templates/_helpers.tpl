{{/* Prefix of the objects' names: the release's name, with the chart's after it unless it is in there. */}}
{{- define "diskcryptnet.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "diskcryptnet.operatorName" -}}
{{- printf "%s-operator" (include "diskcryptnet.fullname" .) -}}
{{- end -}}

{{/* Objects without a namespace carry the release's, so that two releases of one name do not meet. A namespace has no dot. */}}
{{- define "diskcryptnet.clusterName" -}}
{{- printf "%s.%s" .Release.Namespace (include "diskcryptnet.fullname" .) -}}
{{- end -}}

{{- define "diskcryptnet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "diskcryptnet.operatorName" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "diskcryptnet.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: diskcryptnet
{{- end -}}

{{- define "diskcryptnet.operatorSelector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "diskcryptnet.operatorLabels" -}}
{{ include "diskcryptnet.operatorSelector" . }}
{{ include "diskcryptnet.labels" . }}
{{- end -}}

{{/* Labels of objects about the agents. They are not app.kubernetes.io/name: dcn-agent, which the pods themselves have. */}}
{{- define "diskcryptnet.agentLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: agent
{{ include "diskcryptnet.labels" . }}
{{- end -}}

{{/* Reference of an image; takes a dict of image and root. */}}
{{- define "diskcryptnet.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The namespaces that are watched, as a JSON list; not meaningful with clusterWide. */}}
{{- define "diskcryptnet.watchNamespaces" -}}
{{- if .Values.watchNamespaces -}}
{{- .Values.watchNamespaces | uniq | toJson -}}
{{- else -}}
{{- list .Release.Namespace | toJson -}}
{{- end -}}
{{- end -}}

{{/* Labels of objects that show operator and agents alike. */}}
{{- define "diskcryptnet.monitoringLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: monitoring
{{ include "diskcryptnet.labels" . }}
{{- end -}}

{{/*
"true" when something for the Prometheus operator is to be made; takes a dict of wanted (auto, true or false), the kind that a
cluster must know for auto, and root.
*/}}
{{- define "diskcryptnet.monitored" -}}
{{- if eq (toString .wanted) "auto" -}}
{{- if .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) -}}true{{- end -}}
{{- else if eq (toString .wanted) "true" -}}true{{- end -}}
{{- end -}}

{{/*
Who owns a CRD that this release must leave as it is, or nothing when the release may have it; takes a dict of name and root.
A rendering without a cluster finds nothing, so it has all CRDs.
*/}}
{{- define "diskcryptnet.crdOwner" -}}
{{- $found := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" .name -}}
{{- if $found -}}
{{- $annotations := $found.metadata.annotations | default dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if not $release -}}
none of Helm's releases
{{- else if or (ne $release .root.Release.Name) (ne $namespace .root.Release.Namespace) -}}
{{- printf "release %s in namespace %s" $release $namespace -}}
{{- end -}}
{{- end -}}
{{- end -}}
