output "registry" {
  description = "Where images are pushed to."
  value       = azurerm_container_registry.models.login_server
}

output "cluster_fqdn" {
  description = "The cluster's API server."
  value       = azurerm_kubernetes_cluster.ml.fqdn
}

output "model_address" {
  description = "Where the model answers, inside of the cluster."
  value       = module.model.address
}

output "storage_connection_string" {
  description = "How data is uploaded."
  value       = azurerm_storage_account.data.primary_connection_string
  sensitive   = true
}
