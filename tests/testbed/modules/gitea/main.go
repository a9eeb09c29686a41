// The forge that the tests talk to: Gitea as it is, built from its module.
package main

import (
	"os"

	"code.gitea.io/gitea/cmd"
	"code.gitea.io/gitea/modules/log"
	"code.gitea.io/gitea/modules/setting"

	_ "code.gitea.io/gitea/modules/markup/markdown"
)

// Version is set when it is linked.
var Version = "development"

func main() {
	setting.AppVer = Version
	app := cmd.NewMainApp(cmd.AppVersion{Version: Version})
	err := cmd.RunMainApp(app, os.Args...)
	log.GetManager().Close()
	if err != nil {
		os.Exit(1)
	}
}
