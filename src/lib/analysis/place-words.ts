/** A service on its asset, as one name: `web-1 9200/tcp`. A cloud's service that no machine of its own stands behind is named once. */
export function placeWords({ asset, service }: { readonly asset: string; readonly service: string }): string {
  return asset === service ? asset : `${asset} ${service}`;
}
