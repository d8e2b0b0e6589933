variable "name" {
  description = "What the platform is called; part of every name."
  type        = string
  default     = "mlplatform"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}$", var.name))
    error_message = "A name has 2 to 15 lower case letters, digits and hyphens, and begins with a letter."
  }
}

variable "environment" {
  description = "Which of several platforms it is."
  type        = string
  default     = "dev"

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "The environment is dev, test or prod."
  }
}

variable "location" {
  description = "The Azure region."
  type        = string
  default     = "westeurope"
}

variable "gpu_enabled" {
  description = "Whether there is a pool with GPUs, and the training job that needs it."
  type        = bool
  default     = true
}

variable "cpu_pool" {
  description = "Between how many nodes the CPU pool scales, and their size."
  type = object({
    vm_size   = optional(string, "Standard_D8s_v5")
    min_count = optional(number, 1)
    max_count = optional(number, 4)
  })
  default = {}

  validation {
    condition     = var.cpu_pool.min_count <= var.cpu_pool.max_count
    error_message = "min_count must not be greater than max_count."
  }
}

variable "gpu_node_count" {
  description = "How many nodes the GPU pool has."
  type        = number
  default     = 1
}

variable "teams" {
  description = "Namespaces of the teams, with the owner that answers for each."
  type        = map(object({ owner = string }))
  default = {
    models   = { owner = "serving@example.com" }
    training = { owner = "research@example.com" }
  }
}

variable "model" {
  description = "The model that is served."
  type = object({
    name     = string
    image    = string
    replicas = optional(number, 2)
  })
  default = {
    name  = "iris"
    image = "mcr.microsoft.com/azureml/minimal-py312-inference:latest"
  }
}

variable "tags" {
  description = "Tags of everything in Azure."
  type        = map(string)
  default     = {}
}
