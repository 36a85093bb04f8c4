# The two brokers that run on Java, Artemis and Qpid Broker-J: fetched with Maven, configured, run. Sourced, not run.

# fetch GROUP:NAME:VERSION: unpack the binary distribution into $DIR, unless it is there.
fetch() {
  [ -d "$UNPACKED" ] && return
  local name=${1#*:} try; name=${name%:*}
  mkdir -p "$DIR"; rm -rf "$DIR/fetched"
  for try in 1 2 3; do
    mvn -q -B dependency:copy -Dartifact="$1:tar.gz:bin" -DoutputDirectory="$DIR/fetched" >"$DIR/install.log" 2>&1 && break
    [ $try = 3 ] && { tail -5 "$DIR/install.log" >&2; echo "Maven cannot fetch $1; see $DIR/install.log" >&2; exit 1; }
    sleep 5
  done
  tar -xzf "$DIR/fetched/$name-${1##*:}-bin.tar.gz" -C "$DIR"
  rm -r "$DIR/fetched"
  [ -d "$UNPACKED" ] || { echo "$1 does not unpack to $UNPACKED" >&2; exit 1; }
}

artemis() { # keeps everything in memory; AMQP and WebSocket share their ports
  broker artemis; fetch "org.apache.activemq:apache-artemis:$ARTEMIS_VERSION"
  local etc=$DIR/etc; mkdir -p "$etc"
  cat "$TLS/server.pem" "$TLS/server-key.pem" >"$etc/server.pem"
  # EXTERNAL is offered to everyone it is configured for, with a certificate or without
  local amqp="protocols=AMQP;saslLoginConfigScope=scram;saslMechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,ANONYMOUS"
  local tls="sslEnabled=true;keyStoreType=PEM;keyStorePath=$etc/server.pem;trustStoreType=PEMCA;trustStorePath=$TLS/ca.pem;wantClientAuth=true"
  local right rights=''
  for right in createAddress deleteAddress createDurableQueue deleteDurableQueue createNonDurableQueue deleteNonDurableQueue send consume browse; do
    rights+="<permission type=\"$right\" roles=\"$USER_NAME\"/>"
  done
  cat >"$etc/broker.xml" <<C
<configuration xmlns="urn:activemq"><core xmlns="urn:activemq:core">
  <name>artemis</name>
  <persistence-enabled>false</persistence-enabled>
  <max-disk-usage>100</max-disk-usage>
  <large-messages-directory>$DIR/data/large</large-messages-directory>
  <paging-directory>$DIR/data/paging</paging-directory>
  <acceptors>
    <acceptor name="amqp">tcp://127.0.0.1:$PORT?$amqp</acceptor>
    <acceptor name="amqps">tcp://127.0.0.1:$TLSPORT?$amqp,EXTERNAL;$tls</acceptor>
  </acceptors>
  <security-settings><security-setting match="#">$rights</security-setting></security-settings>
  <address-settings><address-setting match="#">
    <dead-letter-address>DLQ</dead-letter-address>
    <default-address-routing-type>ANYCAST</default-address-routing-type>
    <default-queue-routing-type>ANYCAST</default-queue-routing-type>
  </address-setting></address-settings>
  <addresses><address name="DLQ"><anycast><queue name="DLQ"/></anycast></address></addresses>
</core></configuration>
C
  echo "<broker xmlns=\"http://activemq.apache.org/schema\"><jaas-security domain=\"accounts\"/><server configuration=\"file:$etc/broker.xml\"/></broker>" >"$etc/bootstrap.xml"
  echo '<management-context xmlns="http://activemq.apache.org/schema"/>' >"$etc/management.xml"
  echo "$USER_NAME = $USER_PASS" >"$etc/users.properties"
  echo "$USER_NAME = $USER_NAME" >"$etc/roles.properties"
  echo "$USER_NAME = CN=$USER_NAME" >"$etc/certificates.properties"
  local modules=org.apache.activemq.artemis.spi.core.security.jaas properties=org.apache.activemq.jaas
  local roles="$properties.properties.user=\"users.properties\" $properties.properties.role=\"roles.properties\""
  # Whoever has shown that the password is known by SCRAM is let through; whoever gives no name at all is the user, too
  cat >"$etc/login.config" <<C
scram { $modules.SCRAMPropertiesLoginModule required $roles; };
accounts {
  $modules.TextFileCertificateLoginModule sufficient
    $properties.textfiledn.user="certificates.properties" $properties.textfiledn.role="roles.properties";
  $modules.SCRAMLoginModule sufficient;
  $modules.PropertiesLoginModule sufficient $roles;
  $modules.GuestLoginModule sufficient credentialsInvalidate=true $properties.guest.user="$USER_NAME" $properties.guest.role="$USER_NAME";
};
C
  cat >"$etc/log4j2.properties" <<C
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
logger.audit.name = org.apache.activemq.audit
logger.audit.level = OFF
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %-5level [%logger] %msg%n
C
}

run_artemis() {
  rm -rf "$DIR/data" "$DIR/tmp"; mkdir "$DIR/data" "$DIR/tmp"     # what large messages left behind
  exec ${SETSID:-} java -Xms64m -Xmx384m -Dlog4j2.configurationFile="file:$DIR/etc/log4j2.properties" \
    -Djava.security.auth.login.config="$DIR/etc/login.config" -Djava.io.tmpdir="$DIR/tmp" \
    -Dartemis.home="$UNPACKED" -Dartemis.instance="$DIR" -Dartemis.instance.etc="$DIR/etc" -Ddata.dir="$DIR/data" \
    -classpath "$UNPACKED/lib/artemis-boot.jar" org.apache.activemq.artemis.boot.Artemis run
}

# Keeps everything in memory; makes a queue for every name that begins with amqp1-. The AMQP port offers PLAIN without
# TLS, too; the WebSocket port is as the broker is of itself, and does not.
broker-j() {
  broker broker-j; fetch "org.apache.qpid:apache-qpid-broker-j:$BROKER_J_VERSION"
  local ports='' port name users="\"users\": [{\"name\": \"$USER_NAME\", \"type\": \"managed\", \"password\": \"$USER_PASS\"}]"
  for port in TCP:$PORT SSL:$TLSPORT WS:$WS WSS:$WSS; do
    name=${port%:*}
    ports+="${ports:+,}{\"name\":\"$name\",\"type\":\"AMQP\",\"port\":${port#*:},\"bindingAddress\":\"127.0.0.1\",\"protocols\":[\"AMQP_1_0\"]"
    case $name in SSL|WSS) ports+=',"keyStore":"server"' ;; esac
    ports+=",\"authenticationProvider\":\"$([ $name = TCP ] && echo generous || echo usual)\""
    ports+=",\"transports\":[\"$name\"],\"virtualhostaliases\":[{\"name\":\"name\",\"type\":\"nameAlias\"},{\"name\":\"host\",\"type\":\"hostnameAlias\"}]}"
  done
  local made='{"pattern":"amqp1-.*","createdOnPublish":true,"createdOnConsume":true,"nodeType":"queue","attributes":{}}'
  local host="{\"type\":\"Memory\",\"nodeAutoCreationPolicies\":[$made]}"
  cat >"$DIR/config.json" <<C
{
  "name": "broker-j", "modelVersion": "9.1",
  "authenticationproviders": [
    {"name": "usual", "type": "Plain", $users},
    {"name": "generous", "type": "Plain", "secureOnlyMechanisms": [], $users}],
  "keystores": [{"name": "server", "type": "NonJavaKeyStore",
    "certificateUrl": "$TLS/server.pem", "privateKeyUrl": "$TLS/server-key.pem"}],
  "brokerloggers": [{"name": "console", "type": "Console", "brokerloginclusionrules": [
    {"name": "all", "type": "NameAndLevel", "level": "INFO", "loggerName": "ROOT"}]}],
  "ports": [$ports],
  "virtualhostnodes": [{"name": "default", "type": "Memory", "defaultVirtualHostNode": "true",
    "virtualHostInitialConfiguration": "${host//\"/\\\"}"}]
}
C
}

run_broker-j() {
  cd "$DIR"                # it writes derby.log where it is
  exec ${SETSID:-} java -Xms64m -Xmx384m -XX:MaxDirectMemorySize=256m -DQPID_HOME="$UNPACKED" -DQPID_WORK="$DIR" \
    -cp "$UNPACKED/lib/*" org.apache.qpid.server.Main -st Memory -icp "$DIR/config.json"
}
