resource "azurerm_kubernetes_cluster" "ml" {
  name                = "aks-${var.name}-${var.environment}"
  resource_group_name = azurerm_resource_group.ml.name
  location            = azurerm_resource_group.ml.location
  dns_prefix          = "${var.name}-${var.environment}"
  tags                = local.tags

  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 2
  }

  identity {
    type = "SystemAssigned"
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  oms_agent {
    log_analytics_workspace_id      = azurerm_log_analytics_workspace.ml.id
    msi_auth_for_monitoring_enabled = true
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "cpu" {
  name                  = "cpu"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.ml.id
  vm_size               = var.cpu_pool.vm_size
  mode                  = "User"
  auto_scaling_enabled  = true
  min_count             = var.cpu_pool.min_count
  max_count             = var.cpu_pool.max_count
  node_labels           = { workload = "serving" }
  tags                  = local.tags
}

resource "azurerm_kubernetes_cluster_node_pool" "gpu" {
  count = var.gpu_enabled ? 1 : 0

  name                  = "gpu"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.ml.id
  vm_size               = "Standard_NC24ads_A100_v4"
  mode                  = "User"
  node_count            = var.gpu_node_count
  gpu_driver            = "Install"
  node_labels           = { workload = "training" }
  node_taints           = ["sku=gpu:NoSchedule"]
  tags                  = local.tags
}

# The nodes pull images from the registry.
resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.models.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.ml.kubelet_identity[0].object_id
  principal_type       = "ServicePrincipal"
}

# The model server reads models from the storage account, as this identity.
resource "azurerm_user_assigned_identity" "model" {
  name                = "id-${var.model.name}-${var.environment}"
  resource_group_name = azurerm_resource_group.ml.name
  location            = azurerm_resource_group.ml.location
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "model" {
  name                      = "fic-${var.model.name}"
  user_assigned_identity_id = azurerm_user_assigned_identity.model.id
  issuer                    = azurerm_kubernetes_cluster.ml.oidc_issuer_url
  subject                   = "system:serviceaccount:models:${var.model.name}"
  audience                  = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "read_models" {
  scope                = azurerm_storage_account.data.id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = azurerm_user_assigned_identity.model.principal_id
  principal_type       = "ServicePrincipal"
}
