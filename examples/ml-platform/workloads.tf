resource "kubernetes_namespace_v1" "team" {
  for_each = var.teams

  metadata {
    name = each.key
    labels = {
      "example.com/environment" = var.environment
    }
    annotations = {
      "example.com/owner" = each.value.owner
    }
  }
}

resource "kubernetes_service_account_v1" "model" {
  metadata {
    name      = var.model.name
    namespace = kubernetes_namespace_v1.team["models"].metadata[0].name
    annotations = {
      "azure.workload.identity/client-id" = azurerm_user_assigned_identity.model.client_id
    }
  }
}

module "model" {
  source = "../../modules/model-service"

  name                 = var.model.name
  namespace            = kubernetes_namespace_v1.team["models"].metadata[0].name
  image                = var.model.image
  service_account_name = kubernetes_service_account_v1.model.metadata[0].name
  min_replicas         = var.model.replicas
  max_replicas         = var.model.replicas * 3
  node_selector        = azurerm_kubernetes_cluster_node_pool.cpu.node_labels

  environment = {
    MODEL_URI = "${azurerm_storage_account.data.primary_blob_endpoint}${azurerm_storage_container.this["models"].name}/${var.model.name}"
  }

  # The server reads its model as soon as it starts.
  depends_on = [azurerm_federated_identity_credential.model, azurerm_role_assignment.read_models]
}

resource "kubernetes_job_v1" "training" {
  count = var.gpu_enabled ? 1 : 0

  metadata {
    name      = "train-${var.model.name}"
    namespace = kubernetes_namespace_v1.team["training"].metadata[0].name
  }

  spec {
    backoff_limit = 2

    template {
      metadata {
        labels = {
          app = "train-${var.model.name}"
        }
      }

      spec {
        restart_policy = "Never"
        node_selector  = azurerm_kubernetes_cluster_node_pool.gpu[0].node_labels

        toleration {
          key      = "sku"
          operator = "Equal"
          value    = "gpu"
          effect   = "NoSchedule"
        }

        container {
          name    = "train"
          image   = "mcr.microsoft.com/azureml/curated/acpt-pytorch-2.2-cuda12.1:latest"
          command = ["python", "-c", "import torch; assert torch.cuda.is_available()"]

          resources {
            limits = {
              "nvidia.com/gpu" = "1"
            }
            requests = {
              cpu    = "4"
              memory = "16Gi"
            }
          }
        }
      }
    }
  }

  wait_for_completion = true

  timeouts {
    create = "30m"
  }
}
