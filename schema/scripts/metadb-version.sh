#!/bin/sh
# Compares the version of the MetaDB with what OMS is documented to need: OceanBase V2.0 or later, or MySQL; and, for OMS V4.2
# and later, no MySQL 5 (the vendor's FAQ: it fails with "Conversion not supported for type java.time.LocalDateTime"). OceanBase
# calls itself 5.7.25-OceanBase. For other databases no limit is documented: the version is told.

answer=$(metadb mysql -N -B -e "SELECT CONCAT(VERSION(), ' ', @@version_comment)" </dev/null) || exit 2
[ -n "$answer" ] || { echo "cannot tell: the MetaDB gives no version"; exit 2; }
case $answer in
  *[Ss]eek[Dd][Bb]*) kind='OceanBase seekdb' version= ;; # which counts its versions by itself
  *[Oo]cean[Bb]ase*)
    kind=OceanBase
    # "5.7.25-OceanBase_CE-v4.2.1.0 OceanBase_CE 4.2.1.0 (r…)": the first word that is a version after the name counts.
    version=$(printf '%s\n' "$answer" | sed -n 's/^.*[Oo]cean[Bb]ase[A-Za-z_]*[ -]*[vV]\{0,1\}\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p')
    ;;
  *MariaDB* | *mariadb*) kind=MariaDB version=${answer%%-*} ;;
  *) kind=MySQL version=${answer%%[!0-9.]*} ;;
esac
case $kind:$version in
  OceanBase:[01].*)
    echo "the MetaDB is OceanBase $version; OMS needs OceanBase V2.0 or later"
    exit 1
    ;;
  MySQL:5.*)
    case $TARGET in
      [0-3].* | 4.[01].*) ;;
      *)
        echo "the MetaDB is MySQL $version; OMS $TARGET needs MySQL 8 or OceanBase: with MySQL 5 it fails with \"Conversion not supported for type java.time.LocalDateTime\""
        exit 1
        ;;
    esac
    ;;
esac
echo "omsup: evidence the MetaDB is ${kind}${version:+ $version} ($answer)"
