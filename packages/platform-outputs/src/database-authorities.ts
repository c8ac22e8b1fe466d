/**
 * ConfigMap in the services' namespace, and its key, with the authorities of the database's certificate as PEM: a
 * deployment puts there what AWS publishes, and the manifests mount it.
 */
export const databaseAuthorities = { configMap: 'database-authorities', key: 'ca.pem' } as const;
