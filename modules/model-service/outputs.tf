output "address" {
  description = "The URL of the model inside of the cluster."
  value       = "http://${kubernetes_service_v1.this.metadata[0].name}.${kubernetes_service_v1.this.metadata[0].namespace}.svc.cluster.local"
}

output "service_name" {
  description = "The name of the Service."
  value       = kubernetes_service_v1.this.metadata[0].name
}

output "cluster_ip" {
  description = "The address of the Service."
  value       = kubernetes_service_v1.this.spec[0].cluster_ip
}
