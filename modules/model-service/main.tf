terraform {
  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.30"
    }
  }
}

locals {
  labels = merge(var.labels, {
    "app.kubernetes.io/name"       = var.name
    "app.kubernetes.io/component"  = "model-server"
    "app.kubernetes.io/managed-by" = "aksel"
  })
  selector = { "app.kubernetes.io/name" = var.name }
}

resource "kubernetes_deployment_v1" "this" {
  metadata {
    name      = var.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    # How many replicas there are at a time is the autoscaler's to say.
    replicas = var.min_replicas

    selector {
      match_labels = local.selector
    }

    template {
      metadata {
        labels = merge(local.labels, { "azure.workload.identity/use" = "true" })
      }

      spec {
        service_account_name = var.service_account_name
        node_selector        = var.node_selector

        dynamic "toleration" {
          for_each = var.tolerations

          content {
            key      = toleration.value.key
            operator = toleration.value.operator
            value    = toleration.value.value
            effect   = toleration.value.effect
          }
        }

        container {
          name  = "server"
          image = var.image

          port {
            name           = "http"
            container_port = var.port
          }

          dynamic "env" {
            for_each = var.environment

            content {
              name  = env.key
              value = env.value
            }
          }

          resources {
            requests = var.requests
            limits   = var.limits
          }

          readiness_probe {
            http_get {
              path = var.health_path
              port = "http"
            }
            period_seconds    = 5
            failure_threshold = 3
          }

          liveness_probe {
            http_get {
              path = var.health_path
              port = "http"
            }
            initial_delay_seconds = 10
            period_seconds        = 10
          }

          # A model may take minutes to load; until then it is neither ready nor dead.
          startup_probe {
            http_get {
              path = var.health_path
              port = "http"
            }
            period_seconds    = 5
            failure_threshold = var.startup_seconds / 5
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [spec[0].replicas]
  }
}

resource "kubernetes_service_v1" "this" {
  metadata {
    name      = var.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    selector = local.selector

    port {
      name        = "http"
      port        = 80
      target_port = "http"
    }
  }
}

resource "kubernetes_horizontal_pod_autoscaler_v2" "this" {
  metadata {
    name      = var.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    min_replicas = var.min_replicas
    max_replicas = var.max_replicas

    scale_target_ref {
      api_version = "apps/v1"
      kind        = "Deployment"
      name        = kubernetes_deployment_v1.this.metadata[0].name
    }

    metric {
      type = "Resource"

      resource {
        name = "cpu"

        target {
          type                = "Utilization"
          average_utilization = var.target_cpu_percent
        }
      }
    }
  }
}

resource "kubernetes_pod_disruption_budget_v1" "this" {
  metadata {
    name      = var.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    max_unavailable = "1"

    selector {
      match_labels = local.selector
    }
  }
}
