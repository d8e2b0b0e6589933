terraform {
  required_version = ">= 1.6"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.30"
    }
  }
}

provider "azurerm" {
  features {}
}

# The cluster does not exist when this is planned for the first time: what hangs on it is known after apply.
provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.ml.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.ml.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.ml.kube_config[0].client_key)
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.ml.kube_config[0].cluster_ca_certificate)
}

locals {
  tags = merge(var.tags, {
    environment = var.environment
    managed_by  = "aksel"
  })

  # Registries and storage accounts have names of letters and digits that are unique in all of Azure.
  short_name = replace("${var.name}${var.environment}", "-", "")
}

resource "azurerm_resource_group" "ml" {
  name     = "rg-${var.name}-${var.environment}"
  location = var.location
  tags     = local.tags
}

resource "azurerm_container_registry" "models" {
  name                = "acr${local.short_name}"
  resource_group_name = azurerm_resource_group.ml.name
  location            = azurerm_resource_group.ml.location
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_storage_account" "data" {
  name                     = "st${local.short_name}"
  resource_group_name      = azurerm_resource_group.ml.name
  location                 = azurerm_resource_group.ml.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
  tags                     = local.tags

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_container" "this" {
  for_each = toset(["data", "models"])

  name               = each.key
  storage_account_id = azurerm_storage_account.data.id
}

resource "azurerm_log_analytics_workspace" "ml" {
  name                = "log-${var.name}-${var.environment}"
  resource_group_name = azurerm_resource_group.ml.name
  location            = azurerm_resource_group.ml.location
  sku                 = "PerGB2018"
  retention_in_days   = 30
  tags                = local.tags
}
