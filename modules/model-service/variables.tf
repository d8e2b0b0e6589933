variable "name" {
  description = "What the model is called; the name of the Deployment, the Service and all that belongs to them."
  type        = string
}

variable "namespace" {
  description = "The namespace in which it runs."
  type        = string
}

variable "image" {
  description = "The image of the model server."
  type        = string
}

variable "service_account_name" {
  description = "The service account as which the server runs; with workload identity it is bound to an Azure identity."
  type        = string
  default     = "default"
}

variable "port" {
  description = "The port on which the server listens."
  type        = number
  default     = 8080
}

variable "health_path" {
  description = "The path that answers 200 when the model is loaded."
  type        = string
  default     = "/healthz"
}

variable "startup_seconds" {
  description = "How long the server may take to load its model, in seconds; a multiple of 5."
  type        = number
  default     = 600

  validation {
    condition     = var.startup_seconds >= 5 && var.startup_seconds % 5 == 0
    error_message = "startup_seconds must be a multiple of 5."
  }
}

variable "environment" {
  description = "Environment variables of the server."
  type        = map(string)
  default     = {}
}

variable "requests" {
  description = "What one replica needs, by resource."
  type        = map(string)
  default = {
    cpu    = "1"
    memory = "2Gi"
  }
}

variable "limits" {
  description = "What one replica may use, by resource."
  type        = map(string)
  default = {
    memory = "2Gi"
  }
}

variable "min_replicas" {
  description = "How many replicas there are at least."
  type        = number
  default     = 2
}

variable "max_replicas" {
  description = "How many replicas there are at most."
  type        = number
  default     = 6

  validation {
    condition     = var.max_replicas >= 1
    error_message = "max_replicas must be at least 1."
  }
}

variable "target_cpu_percent" {
  description = "The CPU utilisation that the autoscaler aims at, in percent of the request."
  type        = number
  default     = 70
}

variable "node_selector" {
  description = "Labels of the nodes that it runs on."
  type        = map(string)
  default     = {}
}

variable "tolerations" {
  description = "Taints that it tolerates."
  type = list(object({
    key      = string
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string, "NoSchedule")
  }))
  default = []
}

variable "labels" {
  description = "Further labels of everything in the module."
  type        = map(string)
  default     = {}
}
