"""Writes nginx's configuration from config.yaml and the mounted certificate."""
import os

from . import config

CERTIFICATE = "/etc/pki/nginx/oms_server.crt"
KEY = "/etc/pki/nginx/oms_server.key"

TEMPLATE = """daemon off;
pid /run/nginx.pid;
error_log /home/admin/logs/nginx/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  server {{
    listen {port}{tls};
    {certificate}
    location / {{ proxy_pass http://127.0.0.1:{console}; proxy_connect_timeout 2s; }}
  }}
}}
"""


def main():
    data = config.load_or_exit()
    tls = os.path.exists(CERTIFICATE) and os.path.exists(KEY)
    with open("/etc/nginx/oms.conf", "w", encoding="ascii") as file:
        file.write(TEMPLATE.format(
            port=data.get("nginx_server_port", 8089), console=data.get("ghana_server_port", 8090),
            tls=" ssl" if tls else "",
            certificate=f"ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY};" if tls else ""))


if __name__ == "__main__":
    main()
