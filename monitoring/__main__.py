from monitoring.generer import ecrire

if __name__ == "__main__":
    ecrire()
