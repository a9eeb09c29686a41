// A cluster's DNS with only the plug-ins that the testbed's Corefile can name: much quicker to build than all of them.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/ready"
)

// The order in which the plug-ins see a query, as in CoreDNS itself.
var order = []string{"health", "ready", "errors", "cache", "kubernetes", "loop", "forward"}

func main() {
	dnsserver.Directives = order
	coremain.Run()
}
